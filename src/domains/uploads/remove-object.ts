import type { Upload } from '../../generated/prisma/client.ts'
import type { Tx } from '../../platform/database/db.ts'
import { enqueue } from '../../platform/queue/jobs.ts'
import { removeObject } from './jobs.ts'
import { objectKey } from './object-key.ts'
import type { Bucket } from './ports.ts'

/** A request that began just before its address lapsed may still be sending. */
const stragglerSeconds = 15 * 60

type Removable = Pick<Upload, 'id' | 'userId' | 'multipartId' | 'addressesLapseAt'>

/**
 * Has the object of an upload that ends in this transaction removed: at once, and once more after the last address has
 * lapsed, since until then the same bytes could arrive again.
 */
export async function scheduleRemoval(tx: Tx, upload: Removable, now: Date): Promise<void> {
  await enqueue(tx, removeObject, payloadOf(upload), { key: `${upload.id}:now` })
  await scheduleLateRemoval(tx, upload, now)
}

/** The second of the two: for an upload whose object was removed before this transaction. */
export async function scheduleLateRemoval(tx: Tx, upload: Removable, now: Date): Promise<void> {
  const runAt = new Date(Math.max(now.getTime(), upload.addressesLapseAt.getTime()) + stragglerSeconds * 1000)
  await enqueue(tx, removeObject, payloadOf(upload), { key: `${upload.id}:lapsed`, runAt })
}

function payloadOf({ userId, id: uploadId, multipartId }: Removable) {
  return { userId, uploadId, multipartId }
}

/** Removing twice, or what never was, is no error. */
export async function removeUploadObject(
  bucket: Bucket,
  upload: { userId: string; uploadId: string; multipartId: string | null },
): Promise<void> {
  const key = objectKey({ userId: upload.userId, id: upload.uploadId })
  if (upload.multipartId !== null) await bucket.abortMultipart({ key, multipartId: upload.multipartId })
  await bucket.delete(key)
}
