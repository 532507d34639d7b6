import type { Upload } from '../../generated/prisma/client.ts'
import type { UploadRejection } from '../../generated/prisma/enums.ts'
import type { Database } from '../../platform/database/db.ts'
import { InvalidInput, NotFound } from '../../platform/errors.ts'
import type { CountUpload } from './count-uploads.ts'
import { UploadExpired, UploadIncomplete, UploadRejected } from './errors.ts'
import { giveBackBytes } from './give-back-bytes.ts'
import { inspectObject } from './inspect-object.ts'
import { objectKey } from './object-key.ts'
import type { UploadOwners } from './owners.ts'
import type { Bucket, UploadedPart } from './ports.ts'
import { scheduleRemoval } from './remove-object.ts'
import { partPlan } from './sign-upload.ts'

export interface Completion {
  readonly userId: string
  readonly uploadId: string
  readonly parts: readonly UploadedPart[] | null
  readonly now: Date
}

export interface CompleteUploadPorts {
  readonly db: Database
  readonly bucket: Bucket
  readonly owners: UploadOwners
  readonly countUpload: CountUpload
}

/**
 * Looks at what arrived and takes it or refuses it; twice, or twice at once, is as once: the row leaves PENDING in one
 * conditional update, and whoever comes second answers by the state that the first one left. The bucket is asked before
 * the transaction, never inside it.
 *
 * Throws NotFound, InvalidInput (parts), UploadIncomplete, UploadRejected, UploadExpired, ProviderUnavailable.
 */
export async function completeUpload(ports: CompleteUploadPorts, completion: Completion): Promise<Upload> {
  const { db, bucket } = ports
  const { userId, uploadId, now } = completion
  const upload = await db.prisma.upload.findUnique({ where: { id: uploadId, userId } })
  if (!upload) throw new NotFound('upload')
  if (upload.status !== 'PENDING') return settled(upload)
  if (upload.expiresAt !== null && upload.expiresAt <= now) throw new UploadExpired()

  await joinParts(bucket, upload, completion.parts)
  const verdict = await inspectObject(bucket, upload)
  if (verdict === 'absent') throw new UploadIncomplete()
  return settled(verdict === 'fits' ? await accept(ports, upload) : await reject(ports, upload, verdict, now))
}

/** The answer that an upload's state gives, whoever brought it there. */
function settled(upload: Upload): Upload {
  if (upload.status === 'REJECTED' && upload.rejection) throw new UploadRejected(upload.rejection)
  if (upload.status === 'EXPIRED' || upload.status === 'CANCELLED') throw new UploadExpired()
  return upload
}

async function joinParts(bucket: Bucket, upload: Upload, parts: readonly UploadedPart[] | null): Promise<void> {
  const plan = partPlan(upload)
  if (plan === null || upload.multipartId === null) {
    if (parts !== null && parts.length > 0)
      throw InvalidInput.at(['input', 'parts'], 'This file goes up in one request.')
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
      throw InvalidInput.at(['input', 'parts'], `Name each part from 1 to ${plan.length} once.`)
    }
    throw new UploadIncomplete()
  }
  // 'unknown' means that it was joined before, perhaps by a call that was killed: then the object is there.
  const joined = await bucket.completeMultipart({
    key: objectKey(upload),
    multipartId: upload.multipartId,
    parts: sorted,
  })
  if (joined === 'invalid-parts') throw new UploadIncomplete()
}

async function accept({ db, owners, countUpload }: CompleteUploadPorts, { id, kind }: Upload): Promise<Upload> {
  const { upload, isNew } = await db.transaction(async (tx) => {
    const { count } = await tx.upload.updateMany({
      where: { id, status: 'PENDING' },
      data: { status: 'READY', expiresAt: null },
    })
    if (count === 1) await owners[kind]?.completed(tx, { id })
    return { upload: present(await tx.upload.findUnique({ where: { id } })), isNew: count === 1 }
  })
  if (isNew) countUpload('ready')
  return upload
}

async function reject(
  { db, countUpload }: CompleteUploadPorts,
  upload: Upload,
  rejection: UploadRejection,
  now: Date,
): Promise<Upload> {
  const { id } = upload
  const refused = await db.transaction(async (tx) => {
    const { count } = await tx.upload.updateMany({
      where: { id, status: 'PENDING' },
      data: { status: 'REJECTED', rejection, expiresAt: null },
    })
    const row = present(await tx.upload.findUnique({ where: { id } }))
    if (count === 1) {
      await scheduleRemoval(tx, row, now)
      await giveBackBytes(tx, [row])
    }
    return { row, isNew: count === 1 }
  })
  if (refused.isNew) countUpload('rejected')
  return refused.row
}

/** Deleted with its activity between the look and the transaction. */
function present(upload: Upload | null): Upload {
  if (!upload) throw new NotFound('upload')
  return upload
}
