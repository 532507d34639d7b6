import type { Tx } from '../../../platform/database/db.ts'
import { enqueue } from '../../../platform/jobs/define-job.ts'
import { endRenewalsLater } from '../../billing/index.ts'
import { eraseUser } from '../job-types.ts'

/**
 * Enqueues the erasure of a user whose deletion starts in this transaction. Separate jobs cancel the subscriptions that
 * renew; the erasure does not wait for them.
 */
export async function scheduleErasure(tx: Tx, user: { userId: string; now: Date }): Promise<void> {
  const { userId } = user
  await endRenewalsLater(tx, user)
  await enqueue(tx, eraseUser, { userId }, { key: userId })
}
