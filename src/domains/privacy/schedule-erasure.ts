import type { Tx } from '../../platform/db.ts'
import { enqueue } from '../../platform/jobs.ts'
import { eraseUser } from './jobs.ts'

/** Has a person erased who begins to be deleted in this transaction. */
export async function scheduleErasure(tx: Tx, { userId }: { userId: string }): Promise<void> {
  await enqueue(tx, eraseUser, { userId }, { key: userId })
}
