import { v7 as uuidv7 } from 'uuid'
import type { Upload } from '../../../generated/prisma/client.ts'
import type { Database, Tx } from '../../../platform/database/db.ts'
import { NotFound } from '../../../platform/errors.ts'
import { claimKey } from '../../../platform/idempotency/idempotency.ts'
import { isKeyClaimed } from '../../../platform/idempotency/is-key-claimed.ts'
import { runAs, type Viewer } from '../../users/index.ts'
import { contentDispositionOf } from '../content-disposition.ts'
import { UploadExpired } from '../errors.ts'
import { uploadMessages } from '../messages.ts'
import { objectKey } from '../object-key.ts'
import { partByteSizeOf } from '../part-size.ts'
import type { UploadsServices } from '../services.ts'
import { addressSeconds } from '../sign-upload.ts'
import { checkRequest, type DeclaredFile } from './check-request.ts'

const mutation = 'requestUpload'

/** The time in which an upload must be completed. */
export const uploadLifetimeHours = 24

export interface UploadRequest extends DeclaredFile {
  /** The id of the row that the file belongs to; null where the request names none. */
  readonly targetId: string | null
}

/**
 * Creates an upload; the same key returns the same upload for 24 hours. Throws InvalidInput, NotFound (the target),
 * QuotaExceeded, IdempotencyConflict, UploadExpired, ProviderUnavailable.
 *
 * A multipart upload is started before the transaction, which never waits for the bucket. One that no row refers to (after
 * a lost race or a crash) is aborted, at the latest by the bucket itself after seven days.
 */
export async function requestUpload(
  services: UploadsServices,
  viewer: Viewer,
  request: UploadRequest,
): Promise<Upload> {
  const { upload, isNew } = await findOrCreate(services, viewer, request)
  if (isNew) services.countUpload('requested')
  return upload
}

interface UploadResult {
  readonly upload: Upload
  /** False if an earlier request with the same key created it. */
  readonly isNew: boolean
}

async function findOrCreate(services: UploadsServices, viewer: Viewer, request: UploadRequest): Promise<UploadResult> {
  const { db, bucket, clock } = services
  const file = checkRequest(request, services.kinds.get(request.kind))
  const newUpload: NewUpload = {
    ...request,
    ...file,
    id: uuidv7(),
    userId: viewer.id,
    multipartId: null,
    now: clock(),
  }
  if (partByteSizeOf(file.byteSize) === null || (await isKnownKey(db, newUpload))) {
    try {
      const upload = await runAs(services, viewer, (tx) => insertUpload(tx, services, newUpload))
      return { upload, isNew: upload.id === newUpload.id }
    } catch (error) {
      if (!(error instanceof KeyExpired)) throw error
    }
  }

  const key = objectKey(newUpload)
  const multipartId = await bucket.createMultipart({
    key,
    contentType: file.contentType,
    contentDisposition: contentDispositionOf(file.filename),
  })
  let isNew = false
  try {
    const upload = await runAs(services, viewer, (tx) => insertUpload(tx, services, { ...newUpload, multipartId }))
    isNew = upload.id === newUpload.id
    return { upload, isNew }
  } finally {
    if (!isNew) await bucket.abortMultipart({ key, multipartId }).catch(() => undefined)
  }
}

interface NewUpload extends UploadRequest {
  readonly id: string
  readonly userId: string
  readonly now: Date
  readonly multipartId: string | null
}

async function insertUpload(tx: Tx, { kinds, usage }: UploadsServices, upload: NewUpload): Promise<Upload> {
  const { id, userId, kind, filename, contentType, byteSize, contentMd5, targetId, multipartId, now } = upload
  const partByteSize = partByteSizeOf(byteSize)
  const claimed = await claimKey(tx, {
    userId,
    mutation,
    key: upload.idempotencyKey,
    input: [kind, filename, contentType, byteSize, contentMd5, targetId],
    result: { uploadId: id },
    now,
  })
  if (claimed.isNew && multipartId === null && partByteSize !== null) throw new KeyExpired()
  const addressesExpireAt = new Date(now.getTime() + addressSeconds * 1000)
  if (!claimed.isNew) return renewAddresses(tx, claimed.result.uploadId, { now, addressesExpireAt })

  const row = await tx.upload.create({
    data: {
      id,
      userId,
      kind,
      filename,
      contentType,
      byteSize,
      contentMd5,
      multipartId,
      partByteSize,
      createdAt: now,
      expiresAt: new Date(now.getTime() + uploadLifetimeHours * 3_600_000),
      addressesExpireAt,
    },
  })
  await kinds.get(kind).onRequested?.(tx, { id, userId, targetId, now })
  // Locks the counter last, like freeStorage: code that deletes an activity locks the activity before the counter.
  await usage.consume(tx, { userId, amounts: { UPLOADS: 1, STORAGE_BYTES: byteSize }, now })
  return row
}

/** The key expired after it was read: the file needs a multipart upload, and none was started. */
class KeyExpired extends Error {}

/**
 * Extends the presigned URLs of a repeated request. Throws UploadExpired if the upload was cancelled or is past its deadline,
 * NotFound if it was deleted with its activity.
 */
async function renewAddresses(
  tx: Tx,
  id: string,
  { now, addressesExpireAt }: { readonly now: Date; readonly addressesExpireAt: Date },
): Promise<Upload> {
  await tx.upload.updateMany({ where: { id, status: 'PENDING' }, data: { addressesExpireAt } })
  const row = await tx.upload.findUnique({ where: { id } })
  if (!row) throw new NotFound(uploadMessages.deleted())
  const isOver = row.expiresAt !== null && row.expiresAt < now
  if (isOver || row.status === 'CANCELLED' || row.status === 'EXPIRED') throw new UploadExpired()
  return row
}

/** Whether the key was used and has not expired, so that no multipart upload has to be started. */
function isKnownKey({ prisma }: Database, { userId, idempotencyKey, now }: NewUpload): Promise<boolean> {
  return isKeyClaimed(prisma, { userId, mutation, key: idempotencyKey, now })
}
