import type { Upload } from '../../../generated/prisma/client.ts'
import type { Tx } from '../../../platform/database/db.ts'
import { NotFound } from '../../../platform/errors.ts'
import { runAs, type Viewer } from '../../users/index.ts'
import { UploadNotPending } from '../errors.ts'
import { uploadMessages } from '../messages.ts'
import type { UploadsServices } from '../services.ts'
import { freeStorage } from './free-storage.ts'
import { scheduleRemoval } from './remove-object.ts'

/** Cancels a pending upload. Cancelling it again has no further effect. Throws NotFound, UploadNotPending. */
export async function cancelUpload(services: UploadsServices, viewer: Viewer, uploadId: string): Promise<Upload> {
  const cancellation = { userId: viewer.id, uploadId, now: services.clock() }
  const { upload, isNew } = await runAs(services, viewer, (tx) => cancel(tx, cancellation))
  if (isNew) services.countUpload('cancelled')
  return upload
}

async function cancel(
  tx: Tx,
  { userId, uploadId, now }: { readonly userId: string; readonly uploadId: string; readonly now: Date },
): Promise<{ readonly upload: Upload; readonly isNew: boolean }> {
  const { count } = await tx.upload.updateMany({
    where: { id: uploadId, userId, status: 'PENDING' },
    data: { status: 'CANCELLED', expiresAt: null },
  })
  const upload = await tx.upload.findUnique({ where: { id: uploadId, userId } })
  if (!upload) throw new NotFound(uploadMessages.notFound())
  if (count === 1) {
    await scheduleRemoval(tx, upload, now)
    await freeStorage(tx, [upload])
  } else if (upload.status !== 'CANCELLED') throw new UploadNotPending()
  return { upload, isNew: count === 1 }
}
