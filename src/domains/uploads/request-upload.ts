import { v7 as uuidv7 } from 'uuid'
import type { Upload } from '../../generated/prisma/client.ts'
import type { Database, Tx } from '../../platform/database/db.ts'
import { InvalidInput, NotFound } from '../../platform/errors.ts'
import { claimKey, keyLifetimeHours } from '../../platform/idempotency/idempotency.ts'
import type { Usage } from '../usage/index.ts'
import { type AnnouncedFile, checkRequest } from './check-request.ts'
import { contentDispositionOf } from './content-disposition.ts'
import type { CountUpload } from './count-uploads.ts'
import { partByteSize } from './kinds.ts'
import { objectKey } from './object-key.ts'
import type { UploadOwners } from './owners.ts'
import type { Bucket } from './ports.ts'
import { addressSeconds } from './sign-upload.ts'

const mutation = 'requestUpload'

/** How long a row waits for its file. */
export const uploadLifetimeHours = 24

export interface UploadRequest extends AnnouncedFile {
  readonly userId: string
  /** What the file shall be attached to; null makes something new. */
  readonly targetId: string | null
  readonly now: Date
}

export interface RequestUploadPorts {
  readonly db: Database
  readonly bucket: Bucket
  readonly owners: UploadOwners
  readonly usage: Usage
  readonly countUpload: CountUpload
}

/**
 * Makes the row of an upload; the same key gives the same row, for as long as addresses are needed. Throws InvalidInput,
 * NotFound (the target), QuotaExceeded, IdempotencyConflict, ProviderUnavailable.
 *
 * A multipart upload is begun before the transaction, which never waits for the bucket. One that no row took (a lost
 * race, a crash in between) is aborted, at the latest by the bucket itself after seven days.
 */
export async function requestUpload(ports: RequestUploadPorts, request: UploadRequest): Promise<Upload> {
  const { upload, isNew } = await takeRequest(ports, request)
  if (isNew) ports.countUpload('requested')
  return upload
}

interface Taken {
  readonly upload: Upload
  /** Not taken before with the same key. */
  readonly isNew: boolean
}

async function takeRequest(ports: RequestUploadPorts, request: UploadRequest): Promise<Taken> {
  const { db, bucket } = ports
  const { targetId } = request
  const file = checkRequest(request)
  if (targetId !== null && !ports.owners[file.kind]) {
    throw InvalidInput.at(['input', 'activityId'], 'Only a file of kind ACTIVITY can be attached to an activity.')
  }

  const made: NewUpload = { ...request, ...file, id: uuidv7(), multipartId: null }
  if (file.byteSize <= partByteSize || (await isKnownKey(db, request))) {
    try {
      const upload = await db.transaction((tx) => insertUpload(tx, ports, made))
      return { upload, isNew: upload.id === made.id }
    } catch (error) {
      if (!(error instanceof KeyLapsed)) throw error
    }
  }

  const key = objectKey(made)
  const multipartId = await bucket.createMultipart({
    key,
    contentType: file.contentType,
    contentDisposition: contentDispositionOf(file.filename),
  })
  let isNew = false
  try {
    const upload = await db.transaction((tx) => insertUpload(tx, ports, { ...made, multipartId }))
    isNew = upload.id === made.id
    return { upload, isNew }
  } finally {
    if (!isNew) await bucket.abortMultipart({ key, multipartId }).catch(() => undefined)
  }
}

interface NewUpload extends UploadRequest {
  readonly id: string
  readonly multipartId: string | null
}

type Insert = Pick<RequestUploadPorts, 'owners' | 'usage'>

async function insertUpload(tx: Tx, { owners, usage }: Insert, upload: NewUpload): Promise<Upload> {
  const { id, userId, kind, filename, contentType, byteSize, contentMd5, targetId, multipartId, now } = upload
  const claimed = await claimKey(tx, {
    userId,
    mutation,
    key: upload.idempotencyKey,
    input: [kind, filename, contentType, byteSize, contentMd5, targetId],
    result: { uploadId: id },
    now,
  })
  if (claimed.isNew && multipartId === null && byteSize > partByteSize) throw new KeyLapsed()
  const addressesLapseAt = new Date(now.getTime() + addressSeconds * 1000)
  if (!claimed.isNew) return renewAddresses(tx, claimed.result.uploadId, addressesLapseAt)

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
      partByteSize: multipartId === null ? null : partByteSize,
      createdAt: now,
      expiresAt: new Date(now.getTime() + uploadLifetimeHours * 3_600_000),
      addressesLapseAt,
    },
  })
  await owners[kind]?.requested(tx, { id, userId, targetId, now })
  // Last, as giving back is: whoever deletes an activity holds it when it comes to the counter.
  await usage.consume(tx, { userId, amounts: { UPLOADS: 1, STORAGE_BYTES: byteSize }, now })
  return row
}

/** A key that was known a moment ago was pruned since: the file goes up in parts, and they are not begun. */
class KeyLapsed extends Error {}

/** The same request again: its addresses are signed anew. Its activity, and the upload with it, may be gone by now. */
async function renewAddresses(tx: Tx, id: string, addressesLapseAt: Date): Promise<Upload> {
  await tx.upload.updateMany({ where: { id, status: 'PENDING' }, data: { addressesLapseAt } })
  const row = await tx.upload.findUnique({ where: { id } })
  if (!row) throw new NotFound('upload any more: it was deleted. Use a new key for a new request')
  return row
}

/** Whether the key was used before and counts still, so that no multipart upload has to be begun. */
async function isKnownKey({ prisma }: Database, { userId, idempotencyKey, now }: UploadRequest): Promise<boolean> {
  const held = await prisma.idempotencyKey.findUnique({
    where: {
      userId_mutation_key: { userId, mutation, key: idempotencyKey },
      createdAt: { gte: new Date(now.getTime() - keyLifetimeHours * 3_600_000) },
    },
    select: { key: true },
  })
  return held !== null
}
