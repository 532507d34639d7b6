import { Prisma } from '../../../generated/prisma/client.ts'
import type { Database } from '../../../platform/database/db.ts'
import { deleteInBatches } from '../../../platform/database/delete-in-batches.ts'
import { oldestUsed } from './search-pictures.ts'

/** Deletes the kept results of searches that are too old to be used. Returns how many. */
export function prunePictureSearches(db: Pick<Database, 'prisma'>, now: Date): Promise<number> {
  const where = Prisma.sql`created_at < ${oldestUsed(now)}`
  return deleteInBatches(db, { from: 'picture_searches', where, orderBy: 'created_at' })
}
