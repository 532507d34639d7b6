import type { Upload } from '../../generated/prisma/client.ts'
import type { Tx } from '../../platform/db.ts'
import { NotFound } from '../../platform/errors.ts'
import { UploadNotPending } from './errors.ts'
import { scheduleRemoval } from './remove-object.ts'

/** Gives up a pending upload; one that was cancelled before stays so. Throws NotFound, UploadNotPending. */
export async function cancelUpload(
  tx: Tx,
  { userId, uploadId, now }: { userId: string; uploadId: string; now: Date },
): Promise<Upload> {
  const { count } = await tx.upload.updateMany({
    where: { id: uploadId, userId, status: 'PENDING' },
    data: { status: 'CANCELLED', expiresAt: null },
  })
  const upload = await tx.upload.findUnique({ where: { id: uploadId, userId } })
  if (!upload) throw new NotFound('upload')
  if (count === 1) await scheduleRemoval(tx, upload, now)
  else if (upload.status !== 'CANCELLED') throw new UploadNotPending()
  return upload
}
