import type { Upload } from '../../generated/prisma/client.ts'
import type { Database, Tx } from '../../platform/database/db.ts'
import { NotFound } from '../../platform/errors.ts'
import type { CountUpload } from './count-uploads.ts'
import { UploadNotPending } from './errors.ts'
import { giveBackBytes } from './give-back-bytes.ts'
import { scheduleRemoval } from './remove-object.ts'

export interface Cancellation {
  readonly userId: string
  readonly uploadId: string
  readonly now: Date
}

/** Gives up a pending upload; one that was cancelled before stays so. Throws NotFound, UploadNotPending. */
export async function cancelUpload(
  { db, countUpload }: { readonly db: Database; readonly countUpload: CountUpload },
  cancellation: Cancellation,
): Promise<Upload> {
  const { upload, isNew } = await db.transaction((tx) => cancel(tx, cancellation))
  if (isNew) countUpload('cancelled')
  return upload
}

async function cancel(
  tx: Tx,
  { userId, uploadId, now }: Cancellation,
): Promise<{ readonly upload: Upload; readonly isNew: boolean }> {
  const { count } = await tx.upload.updateMany({
    where: { id: uploadId, userId, status: 'PENDING' },
    data: { status: 'CANCELLED', expiresAt: null },
  })
  const upload = await tx.upload.findUnique({ where: { id: uploadId, userId } })
  if (!upload) throw new NotFound('upload')
  if (count === 1) {
    await scheduleRemoval(tx, upload, now)
    await giveBackBytes(tx, [upload])
  } else if (upload.status !== 'CANCELLED') throw new UploadNotPending()
  return { upload, isNew: count === 1 }
}
