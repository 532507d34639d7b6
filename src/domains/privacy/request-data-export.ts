import { v7 as uuidv7 } from 'uuid'
import type { DataExport } from '../../generated/prisma/client.ts'
import type { Tx } from '../../platform/database/db.ts'
import { enqueue } from '../../platform/queue/jobs.ts'
import { Unauthenticated } from '../users/index.ts'
import { writeExport } from './jobs.ts'

/** A finished export is given again for so long. */
const freshMs = 3_600_000

/**
 * Has everything that is held about a person gathered. The person's row is locked, so of two requests at once the second
 * gets what the first one began. Throws Unauthenticated for somebody who began to be deleted meanwhile.
 */
export async function requestDataExport(tx: Tx, { userId, now }: { userId: string; now: Date }): Promise<DataExport> {
  const [person] = await tx.$queryRaw<unknown[]>`
    SELECT id FROM users WHERE id = ${userId}::uuid AND standing NOT IN ('DELETING', 'DELETED')
    FOR NO KEY UPDATE`
  if (!person) throw new Unauthenticated('invalid')
  const present = await tx.dataExport.findFirst({
    where: {
      userId,
      OR: [{ status: 'PENDING' }, { status: 'READY', createdAt: { gt: new Date(now.getTime() - freshMs) } }],
    },
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
  })
  if (present) return present
  const made = await tx.dataExport.create({ data: { id: uuidv7(), userId, createdAt: now } })
  await enqueue(tx, writeExport, { userId, exportId: made.id }, { key: made.id })
  return made
}
