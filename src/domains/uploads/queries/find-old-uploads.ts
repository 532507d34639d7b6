import type { Upload } from '../../../generated/prisma/client.ts'
import type { Reader } from '../../../platform/database/db.ts'

export interface OldUploadsQuery {
  readonly kind: string
  /** Only uploads that were requested before. */
  readonly before: Date
  /** The id of the last upload of the page before; null for the first page. */
  readonly afterId: string | null
  readonly limit: number
}

/**
 * A page of the stored files of a kind that are older than an instant, of all users, in the order of their ids. The domain
 * that owns the kind removes those that nothing uses: lockUploads, then discardUpload, in one transaction.
 */
export function findOldUploads(
  db: Reader,
  { kind, before, afterId, limit }: OldUploadsQuery,
): Promise<Pick<Upload, 'id' | 'userId'>[]> {
  return db.upload.findMany({
    where: { kind, status: 'READY', createdAt: { lt: before }, ...(afterId === null ? {} : { id: { gt: afterId } }) },
    select: { id: true, userId: true },
    orderBy: { id: 'asc' },
    take: limit,
  })
}
