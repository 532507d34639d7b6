import type { Upload } from '../../generated/prisma/client.ts'
import type { Tx } from '../../platform/database/db.ts'
import { giveBackBytes } from './give-back-bytes.ts'

type Removed = Pick<Upload, 'id' | 'userId' | 'status' | 'byteSize' | 'multipartId' | 'addressesLapseAt'>

/**
 * Deletes uploads, and gives back the bytes of those that counted. Resolves to the rows as they were at the end: an
 * address may have been signed, or a deadline have passed, since they were read.
 */
export async function removeRows(tx: Tx, ids: readonly string[]): Promise<Removed[]> {
  const removed = await tx.$queryRaw<Removed[]>`
    DELETE FROM uploads WHERE id = ANY(${ids}::uuid[])
    RETURNING id, user_id AS "userId", status::text, byte_size AS "byteSize", multipart_id AS "multipartId",
      addresses_lapse_at AS "addressesLapseAt"`
  const counted = removed.filter(({ status }) => status === 'PENDING' || status === 'READY')
  await giveBackBytes(tx, counted)
  return removed
}
