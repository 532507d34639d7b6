import type { Tx } from '../../platform/database/db.ts'
import { enqueue } from '../../platform/queue/jobs.ts'
import { endRenewalsLater } from '../billing/index.ts'
import { eraseUser } from './jobs.ts'

/**
 * Has a person erased who begins to be deleted in this transaction. What they still pay for is ended by jobs of its own,
 * which keep nothing from being erased.
 */
export async function scheduleErasure(tx: Tx, person: { userId: string; now: Date }): Promise<void> {
  const { userId } = person
  await endRenewalsLater(tx, person)
  await enqueue(tx, eraseUser, { userId }, { key: userId })
}
