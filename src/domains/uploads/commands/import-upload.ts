import { v7 as uuidv7 } from 'uuid'
import type { Upload } from '../../../generated/prisma/client.ts'
import type { Reader, Tx } from '../../../platform/database/db.ts'
import { addressSeconds } from '../sign-upload.ts'
import { withoutBidiControls } from '../without-bidi-controls.ts'
import { uploadLifetimeHours } from './request-upload.ts'

export interface ImportedFile {
  readonly userId: string
  readonly kind: string
  readonly filename: string
  readonly contentType: string
  readonly byteSize: number
  readonly now: Date
}

/**
 * Creates the row of a file that the server writes (`writeFile`) and completes after this transaction. Otherwise it expires
 * like any other upload. No URL is signed, but `addressesExpireAt` is set: deleting the row then removes the object again
 * when a write that had started must have ended.
 */
export function importUpload(tx: Tx, { now, ...file }: ImportedFile): Promise<Upload> {
  const filename = withoutBidiControls(file.filename)
  return tx.upload.create({ data: { ...file, filename, id: uuidv7(), createdAt: now, ...deadlines(now) } })
}

/** Extends the deadline of a pending row whose file is written later. */
export async function reopenUpload(db: Reader, id: string, now: Date): Promise<void> {
  await db.upload.updateMany({ where: { id, status: 'PENDING' }, data: deadlines(now) })
}

function deadlines(now: Date) {
  return {
    expiresAt: new Date(now.getTime() + uploadLifetimeHours * 3_600_000),
    addressesExpireAt: new Date(now.getTime() + addressSeconds * 1000),
  }
}
