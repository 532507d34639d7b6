import type { Upload } from '../../../generated/prisma/client.ts'
import type { UploadRejection } from '../../../generated/prisma/enums.ts'
import type { Tx } from '../../../platform/database/db.ts'
import { InvalidInput, NotFound } from '../../../platform/errors.ts'
import { runAs, type Viewer } from '../../users/index.ts'
import { UploadExpired, UploadIncomplete, UploadRejected } from '../errors.ts'
import { inspectObject } from '../inspect-object.ts'
import { uploadMessages } from '../messages.ts'
import { objectKey } from '../object-key.ts'
import type { Bucket, UploadedPart } from '../ports.ts'
import type { UploadsServices } from '../services.ts'
import { partPlan } from '../sign-upload.ts'
import { freeStorage } from './free-storage.ts'
import { scheduleRemoval } from './remove-object.ts'

export interface Completion {
  readonly uploadId: string
  readonly parts: readonly UploadedPart[] | null
}

export type CompleteUploadParts = Pick<UploadsServices, 'db' | 'clock' | 'bucket' | 'kinds' | 'countUpload'>

/** Runs the transaction that ends the upload. */
type RunTransaction = <Result>(work: (tx: Tx) => Promise<Result>) => Promise<Result>

/**
 * Compares the stored object with the request, and accepts or rejects it. Idempotent, also for concurrent calls: one
 * conditional update ends PENDING, and the other call returns the result of the state that it finds. The bucket is read
 * before the transaction, never inside it.
 *
 * Throws NotFound, InvalidInput (parts), UploadIncomplete, UploadRejected, UploadExpired, ProviderUnavailable.
 */
export function completeUpload(services: CompleteUploadParts, viewer: Viewer, completion: Completion): Promise<Upload> {
  return complete(services, viewer.id, completion, (work) => runAs(services, viewer, work))
}

/** Completes an upload whose file the server itself wrote, whether or not its user may sign in. Throws as completeUpload. */
export function completeImportedUpload(
  services: CompleteUploadParts,
  { userId, uploadId }: { readonly userId: string; readonly uploadId: string },
): Promise<Upload> {
  return complete(services, userId, { uploadId, parts: null }, (work) => services.db.transaction(work))
}

async function complete(
  services: CompleteUploadParts,
  userId: string,
  { uploadId, parts }: Completion,
  transaction: RunTransaction,
): Promise<Upload> {
  const { db, bucket, clock, kinds } = services
  const now = clock()
  const upload = await db.prisma.upload.findUnique({ where: { id: uploadId, userId } })
  if (!upload) throw new NotFound(uploadMessages.notFound())
  if (upload.status !== 'PENDING') return resultOf(upload)
  if (upload.expiresAt !== null && upload.expiresAt <= now) throw new UploadExpired()

  await joinParts(bucket, upload, parts)
  const verdict = await inspectObject(bucket, upload, kinds.get(upload.kind))
  if (verdict === 'absent') throw new UploadIncomplete()
  if (verdict === 'fits') return resultOf(await accept(services, upload, transaction))
  return resultOf(await reject(services, upload, { rejection: verdict, now, transaction }))
}

/** The result of completing an upload that has ended. Throws UploadRejected, UploadExpired. */
function resultOf(upload: Upload): Upload {
  if (upload.status === 'REJECTED' && upload.rejection) throw new UploadRejected(upload.rejection)
  if (upload.status === 'EXPIRED' || upload.status === 'CANCELLED') throw new UploadExpired()
  return upload
}

async function joinParts(bucket: Bucket, upload: Upload, parts: readonly UploadedPart[] | null): Promise<void> {
  const plan = partPlan(upload)
  if (plan === null || upload.multipartId === null) {
    if (parts !== null && parts.length > 0) throw InvalidInput.of('parts', uploadMessages.partsOfSmallFile())
    return
  }
  if (parts === null || parts.length === 0) return
  const sorted = [...parts].sort((a, b) => a.partNumber - b.partNumber)
  const isWhole = sorted.length === plan.length && sorted.every((part, index) => part.partNumber === index + 1)
  if (!isWhole) {
    if (
      sorted.some(
        ({ partNumber }, index) =>
          partNumber < 1 || partNumber > plan.length || partNumber === sorted[index - 1]?.partNumber,
      )
    ) {
      throw InvalidInput.of('parts', uploadMessages.invalidParts({ parts: plan.length }))
    }
    throw new UploadIncomplete()
  }
  // 'unknown': an earlier call joined the parts, perhaps one that was killed, so the object exists.
  const joined = await bucket.completeMultipart({
    key: objectKey(upload),
    multipartId: upload.multipartId,
    parts: sorted,
  })
  if (joined === 'invalid-parts') throw new UploadIncomplete()
}

async function accept(
  { kinds, countUpload }: CompleteUploadParts,
  { id, kind, userId }: Upload,
  transaction: RunTransaction,
): Promise<Upload> {
  const { upload, isNew } = await transaction(async (tx) => {
    const { count } = await tx.upload.updateMany({
      where: { id, status: 'PENDING' },
      data: { status: 'READY', expiresAt: null },
    })
    if (count === 1) await kinds.get(kind).onCompleted?.(tx, { id, userId })
    return { upload: orNotFound(await tx.upload.findUnique({ where: { id } })), isNew: count === 1 }
  })
  if (isNew) countUpload('ready')
  return upload
}

async function reject(
  { countUpload }: CompleteUploadParts,
  upload: Upload,
  how: { readonly rejection: UploadRejection; readonly now: Date; readonly transaction: RunTransaction },
): Promise<Upload> {
  const { id } = upload
  const { rejection, now, transaction } = how
  const refused = await transaction(async (tx) => {
    const { count } = await tx.upload.updateMany({
      where: { id, status: 'PENDING' },
      data: { status: 'REJECTED', rejection, expiresAt: null },
    })
    const row = orNotFound(await tx.upload.findUnique({ where: { id } }))
    if (count === 1) {
      await scheduleRemoval(tx, row, now)
      await freeStorage(tx, [row])
    }
    return { row, isNew: count === 1 }
  })
  if (refused.isNew) countUpload('rejected')
  return refused.row
}

/** Throws NotFound if the upload was deleted with its activity after it was read. */
function orNotFound(upload: Upload | null): Upload {
  if (!upload) throw new NotFound(uploadMessages.notFound())
  return upload
}
