import type { Upload } from '../../../generated/prisma/client.ts'
import type { Tx } from '../../../platform/database/db.ts'
import { freeStorage } from './free-storage.ts'

type Removed = Pick<Upload, 'id' | 'userId' | 'status' | 'byteSize' | 'multipartId' | 'addressesExpireAt'>

/**
 * Deletes uploads and decrements STORAGE_BYTES for those that counted. Resolves to the deleted rows, which may have changed
 * since they were read: a URL may have been signed, or a deadline may have passed.
 */
export async function removeRows(tx: Tx, ids: readonly string[]): Promise<Removed[]> {
  const removed = await tx.$queryRaw<Removed[]>`
    DELETE FROM uploads WHERE id = ANY(${ids}::uuid[])
    RETURNING id, user_id AS "userId", status::text, byte_size AS "byteSize", multipart_id AS "multipartId",
      addresses_expire_at AS "addressesExpireAt"`
  const counted = removed.filter(({ status }) => status === 'PENDING' || status === 'READY')
  await freeStorage(tx, counted)
  return removed
}
