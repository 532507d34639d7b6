import type { Upload } from '../../../generated/prisma/client.ts'
import type { Tx } from '../../../platform/database/db.ts'
import { decrementUsage } from '../../usage/index.ts'

type Reserved = Pick<Upload, 'userId' | 'byteSize'>

/**
 * Decrements STORAGE_BYTES by the bytes of uploads that end in this transaction. The UPLOADS counter is not changed. One
 * statement per user, in the order of their ids, so that concurrent calls cannot deadlock.
 */
export async function freeStorage(tx: Tx, uploads: readonly Reserved[]): Promise<void> {
  const byUser = [...Map.groupBy(uploads, ({ userId }) => userId)].toSorted(([one], [other]) => (one < other ? -1 : 1))
  for (const [userId, own] of byUser) {
    const amount = own.reduce((sum, { byteSize }) => sum + Number(byteSize), 0)
    await decrementUsage(tx, { userId, meter: 'STORAGE_BYTES', amount })
  }
}
