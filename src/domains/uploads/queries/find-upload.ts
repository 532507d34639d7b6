import type { Upload } from '../../../generated/prisma/client.ts'
import type { Reader } from '../../../platform/database/db.ts'

/** An upload, for the domain that owns the files of its kind; null where it was deleted. */
export function findUpload(db: Reader, id: string): Promise<Upload | null> {
  return db.upload.findUnique({ where: { id } })
}
