import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

export interface PartsRequest {
  readonly uploadId: string
  /** The parts after this part number. */
  readonly after: number
  readonly limit: number
}

interface Part {
  readonly partNumber: number
  readonly etag: string
  readonly byteSize: number
}

/** The state of an upload that was neither completed nor aborted. */
const inProgress = 0

/**
 * The parts of a multipart upload in the files of R2's simulator; null if no upload with this id is in progress. These
 * tables are private to Miniflare; the tests of the bucket fail if an upgrade changes them.
 */
export function listParts(objects: string, { uploadId, after, limit }: PartsRequest): readonly Part[] | null {
  for (const file of databases(objects)) {
    const database = new DatabaseSync(file, { readOnly: true })
    try {
      const upload = database.prepare('SELECT state FROM _mf_multipart_uploads WHERE upload_id = ?').get(uploadId)
      if (upload?.state !== inProgress) continue
      const rows = database
        .prepare(
          `SELECT part_number AS partNumber, etag, size AS byteSize FROM _mf_multipart_parts
           WHERE upload_id = ? AND part_number > ? ORDER BY part_number LIMIT ?`,
        )
        .all(uploadId, after, limit)
      return rows.map(({ partNumber, etag, byteSize }) => ({
        partNumber: Number(partNumber),
        etag: String(etag),
        byteSize: Number(byteSize),
      }))
    } finally {
      database.close()
    }
  }
  return null
}

/** The database of each bucket. */
function databases(objects: string): string[] {
  const folder = join(objects, 'miniflare-R2BucketObject')
  if (!existsSync(folder)) return []
  const files = readdirSync(folder).filter((file) => file.endsWith('.sqlite') && file !== 'metadata.sqlite')
  return files.map((file) => join(folder, file))
}
