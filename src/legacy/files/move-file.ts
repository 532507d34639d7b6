import { activityUploads, findLegacyActivity, importLegacyActivity } from '../../domains/activities/index.ts'
import {
  completeImportedUpload,
  findUpload,
  importUpload,
  reopenUpload,
  type UploadsServices,
  writeFile,
} from '../../domains/uploads/index.ts'
import { lockPresentUser, userMessages } from '../../domains/users/index.ts'
import type { Upload } from '../../generated/prisma/client.ts'
import type { Database } from '../../platform/database/db.ts'
import { DomainError, NotFound, ProviderUnavailable } from '../../platform/errors.ts'

/** A recording of the older system. */
export interface LegacyFile {
  /** The user's id in the older system: `users.legacy_id`. */
  readonly legacyUserId: string
  readonly legacyActivityId: string
  readonly filename: string
  /** Throws if it cannot be read. */
  read(): Promise<Uint8Array>
}

export type MovePorts = UploadsServices

export type MoveOutcome = 'moved' | 'already there' | 'unknown user' | 'failed'

interface Result {
  readonly outcome: MoveOutcome
  readonly reason: string
}

interface Move {
  readonly file: LegacyFile
  /** Undefined if no user has the legacy id. */
  readonly userId: string | undefined
  readonly dryRun: boolean
}

/**
 * Moves one recording: creates the pending rows, writes the object, and completes the upload. If the process is killed in
 * between, the next run continues with the same rows, or with new ones once they have expired. The file counts towards
 * stored bytes, not towards uploads.
 *
 * Throws ProviderUnavailable if the bucket is unavailable, since no other file could be moved either.
 */
export async function moveLegacyFile(ports: MovePorts, { file, userId, dryRun }: Move): Promise<Result> {
  if (userId === undefined) return { outcome: 'unknown user', reason: `no user has the legacy id ${file.legacyUserId}` }
  const started = await findStarted(ports.db, userId, file)
  if (started === 'done') return { outcome: 'already there', reason: '' }
  if (started === 'refused') {
    return { outcome: 'failed', reason: 'its upload was refused in an earlier run: try again after a day' }
  }
  const body = await file.read().catch((error: NodeJS.ErrnoException) => error)
  if (body instanceof Error) return { outcome: 'failed', reason: `it cannot be read: ${body.code ?? body.message}` }
  const problem = problemOf(body)
  if (problem !== null) return { outcome: 'failed', reason: problem }
  if (dryRun) return { outcome: 'moved', reason: '' }
  try {
    const upload = started ?? (await start(ports, { file, userId, byteSize: body.byteLength }))
    if (!upload) return { outcome: 'already there', reason: '' }
    if (started) await reopenUpload(ports.db.prisma, upload.id, ports.clock())
    await writeFile(ports.bucket, upload, body)
    await completeImportedUpload(ports, { userId, uploadId: upload.id })
    return { outcome: 'moved', reason: '' }
  } catch (error) {
    if (error instanceof NotFound) return { outcome: 'failed', reason: 'it or its user was deleted meanwhile' }
    if (!(error instanceof DomainError) || error instanceof ProviderUnavailable) throw error
    return { outcome: 'failed', reason: error.message }
  }
}

/** The state that an earlier run left: done, a pending upload, a refused upload, or null for nothing. */
async function findStarted(
  { prisma }: Database,
  userId: string,
  { legacyActivityId }: LegacyFile,
): Promise<Upload | 'done' | 'refused' | null> {
  const activity = await findLegacyActivity(prisma, { userId, legacyId: legacyActivityId })
  if (!activity) return null
  const upload = activity.uploadId === null ? null : await findUpload(prisma, activity.uploadId)
  if (upload?.status === 'PENDING') return upload
  return activity.status === 'AWAITING_FILE' ? 'refused' : 'done'
}

function problemOf(body: Uint8Array): string | null {
  const { maxByteSize } = activityUploads
  if (body.byteLength === 0) return 'it is empty'
  if (body.byteLength > maxByteSize) return `it is larger than ${maxByteSize / 1024 / 1024} MiB`
  return activityUploads.recognise(body, '') ? null : 'it is not a FIT, GPX or TCX file'
}

interface StartInput {
  readonly file: LegacyFile
  readonly userId: string
  readonly byteSize: number
}

/** Creates the rows of a pending upload. Returns null if a concurrent run created them first. */
async function start({ db, usage, clock }: MovePorts, input: StartInput): Promise<Upload | null> {
  const { file, userId, byteSize } = input
  const now = clock()
  try {
    return await db.transaction(async (tx) => {
      // A deletion waits for this transaction, and no transaction like it follows the deletion.
      if (!(await lockPresentUser(tx, userId))) throw new NotFound(userMessages.notFound())
      const contentType = 'application/vnd.ant.fit'
      const upload = await importUpload(tx, {
        userId,
        kind: 'ACTIVITY',
        filename: file.filename,
        contentType,
        byteSize,
        now,
      })
      const activity = { userId, legacyId: file.legacyActivityId, uploadId: upload.id, now }
      if (!(await importLegacyActivity(tx, activity))) throw new StartedByOther()
      // The counter is locked last, as everywhere: a deletion locks the activity before the counter.
      await usage.record(tx, { userId, amounts: { STORAGE_BYTES: byteSize }, now })
      return upload
    })
  } catch (error) {
    if (error instanceof StartedByOther) return null
    throw error
  }
}

/** Rolls back the transaction, so that no upload without an activity remains. */
class StartedByOther extends Error {}
