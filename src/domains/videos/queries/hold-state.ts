import type { Clock } from '../../../platform/clock.ts'
import type { Database } from '../../../platform/database/db.ts'
import type { CreditHoldOwners } from '../../credits/index.ts'
import { holdMs } from '../commands/start-attempt.ts'

/**
 * The state of the work for which `video:<id>:<attempt>` holds credits. Each transaction that ends an attempt ends its hold,
 * so this is asked only for attempts that have not ended, unless the database was restored.
 */
export async function stateOfHold(
  { db, clock }: { readonly db: Database; readonly clock: Clock },
  reference: string,
): ReturnType<CreditHoldOwners[string]> {
  const [id = '', attempt = ''] = reference.split(':')
  const video = await db.prisma.video.findUnique({ where: { id } })
  if (video?.attempt !== Number(attempt)) return { kind: 'failed' }
  if (video.status === 'QUEUED' || video.status === 'RENDERING') {
    return { kind: 'running', until: new Date(clock().getTime() + holdMs) }
  }
  return video.status === 'READY' ? { kind: 'done', amount: video.creditCost } : { kind: 'failed' }
}
