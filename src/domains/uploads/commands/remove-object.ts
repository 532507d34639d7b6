import type { Upload } from '../../../generated/prisma/client.ts'
import type { Tx } from '../../../platform/database/db.ts'
import { enqueue } from '../../../platform/jobs/define-job.ts'
import { removeObject } from '../job-types.ts'
import { objectKey } from '../object-key.ts'
import type { Bucket } from '../ports.ts'
import { addressSeconds } from '../sign-upload.ts'

/** A request that started just before its URL expired may still be sending. */
const sendingSeconds = 15 * 60

type Removable = Pick<Upload, 'id' | 'userId' | 'multipartId' | 'addressesExpireAt'>

/**
 * Schedules two removals of the object of an upload that ends in this transaction: one now, and one after the last
 * presigned URL has expired, since until then the object can be sent again. `Upload.request` and `Upload.parts` sign URLs
 * at every read of a PENDING upload and write nothing, so the last one may have been signed just now.
 */
export async function scheduleRemoval(tx: Tx, upload: Removable, now: Date): Promise<void> {
  await enqueue(tx, removeObject, payloadOf(upload), { key: `${upload.id}:now` })
  await scheduleLateRemoval(tx, upload, now)
}

/** Schedules only the second removal, for an upload whose object was removed before this transaction. */
export async function scheduleLateRemoval(tx: Tx, upload: Removable, now: Date): Promise<void> {
  const signedNow = now.getTime() + addressSeconds * 1000
  const runAt = new Date(Math.max(signedNow, upload.addressesExpireAt.getTime()) + sendingSeconds * 1000)
  await enqueue(tx, removeObject, payloadOf(upload), { key: `${upload.id}:expired`, runAt })
}

function payloadOf({ userId, id: uploadId, multipartId }: Removable) {
  return { userId, uploadId, multipartId }
}

/** Removes the object and aborts its multipart upload. Idempotent; a missing object is no error. */
export async function removeUploadObject(
  bucket: Bucket,
  upload: { userId: string; uploadId: string; multipartId: string | null },
): Promise<void> {
  const key = objectKey({ userId: upload.userId, id: upload.uploadId })
  if (upload.multipartId !== null) await bucket.abortMultipart({ key, multipartId: upload.multipartId })
  await bucket.delete(key)
}
