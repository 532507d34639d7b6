import type { Upload } from '../../generated/prisma/client.ts'
import type { Tx } from '../../platform/database/db.ts'
import { giveBack } from '../usage/index.ts'

type Reserved = Pick<Upload, 'userId' | 'byteSize'>

/**
 * Gives back what uploads had reserved that stop counting in this transaction: the bytes, not that they were announced.
 * One statement a person, always in one order, so that two who do it cannot deadlock.
 */
export async function giveBackBytes(tx: Tx, uploads: readonly Reserved[]): Promise<void> {
  const ofPeople = [...Map.groupBy(uploads, ({ userId }) => userId)].toSorted(([one], [other]) =>
    one < other ? -1 : 1,
  )
  for (const [userId, own] of ofPeople) {
    const amount = own.reduce((sum, { byteSize }) => sum + Number(byteSize), 0)
    await giveBack(tx, { userId, meter: 'STORAGE_BYTES', amount })
  }
}
