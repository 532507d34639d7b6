import { v7 as uuidv7 } from 'uuid'
import type { Upload } from '../../generated/prisma/client.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Database, Tx } from '../../platform/database/db.ts'
import { DomainError, NotFound, ProviderUnavailable } from '../../platform/errors.ts'
import {
  type Bucket,
  bringAgain,
  bringUpload,
  type CountUpload,
  completeUpload,
  isRecording,
  kinds,
  type UploadOwners,
  writeFile,
} from '../uploads/index.ts'
import type { Usage } from '../usage/index.ts'

/** A recording as the older system keeps it. */
export interface LegacyFile {
  /** The person's id there: `users.legacy_id`. */
  readonly legacyUserId: string
  readonly legacyActivityId: string
  readonly filename: string
  /** Throws where it cannot be read. */
  read(): Promise<Uint8Array>
}

export interface MovePorts {
  readonly db: Database
  readonly bucket: Bucket
  readonly owners: UploadOwners
  readonly usage: Usage
  readonly countUpload: CountUpload
  readonly clock: Clock
}

export type MoveOutcome = 'moved' | 'already there' | 'unknown user' | 'failed'

interface Result {
  readonly outcome: MoveOutcome
  readonly reason: string
}

interface Move {
  readonly file: LegacyFile
  /** Undefined for somebody who is not here. */
  readonly userId: string | undefined
  readonly dryRun: boolean
}

/**
 * Moves one recording: the rows that wait for it, the object, and then what completes an upload. Killed in between, the
 * next run goes on with the same rows, or with new ones once they have expired. Counts as stored, not as an upload.
 *
 * Throws ProviderUnavailable where the bucket is away: then no other file could be moved either.
 */
export async function moveLegacyFile(ports: MovePorts, { file, userId, dryRun }: Move): Promise<Result> {
  if (userId === undefined)
    return { outcome: 'unknown user', reason: `nobody here has the legacy id ${file.legacyUserId}` }
  const begun = await findBegun(ports.db, userId, file)
  if (begun === 'done') return { outcome: 'already there', reason: '' }
  if (begun === 'refused') return { outcome: 'failed', reason: 'an earlier run was refused it: try again a day later' }
  const body = await file.read().catch((error: NodeJS.ErrnoException) => error)
  if (body instanceof Error) return { outcome: 'failed', reason: `it cannot be read: ${body.code ?? body.message}` }
  const problem = problemOf(body)
  if (problem !== null) return { outcome: 'failed', reason: problem }
  if (dryRun) return { outcome: 'moved', reason: '' }
  try {
    const upload = begun ?? (await begin(ports, { file, userId, byteSize: body.byteLength }))
    if (!upload) return { outcome: 'already there', reason: '' }
    if (begun) await bringAgain(ports.db.prisma, upload.id, ports.clock())
    await writeFile(ports.bucket, upload, body)
    await completeUpload(ports, { userId, uploadId: upload.id, parts: null, now: ports.clock() })
    return { outcome: 'moved', reason: '' }
  } catch (error) {
    if (error instanceof NotFound) return { outcome: 'failed', reason: 'it or its person was deleted meanwhile' }
    if (!(error instanceof DomainError) || error instanceof ProviderUnavailable) throw error
    return { outcome: 'failed', reason: error.message }
  }
}

/** What an earlier run has done of it: all, the rows that still wait for the file (or will not get it), or nothing. */
async function findBegun(
  { prisma }: Database,
  userId: string,
  { legacyActivityId }: LegacyFile,
): Promise<Upload | 'done' | 'refused' | null> {
  const activity = await prisma.activity.findUnique({
    where: { userId_legacyId: { userId, legacyId: legacyActivityId } },
    include: { upload: true },
  })
  if (!activity) return null
  if (activity.upload?.status === 'PENDING') return activity.upload
  return activity.status === 'AWAITING_FILE' ? 'refused' : 'done'
}

function problemOf(body: Uint8Array): string | null {
  const { maxByteSize } = kinds.ACTIVITY
  if (body.byteLength === 0) return 'it is empty'
  if (body.byteLength > maxByteSize) return `it is larger than ${maxByteSize / 1024 / 1024} MiB`
  return isRecording(body) ? null : 'it is no FIT, GPX or TCX file'
}

interface Beginning {
  readonly file: LegacyFile
  readonly userId: string
  readonly byteSize: number
}

/** The rows of a file on its way; null where another run was first. */
async function begin({ db, usage, clock }: MovePorts, beginning: Beginning): Promise<Upload | null> {
  const { file, userId, byteSize } = beginning
  const now = clock()
  try {
    return await db.transaction(async (tx) => {
      await holdPresent(tx, userId)
      const contentType = 'application/vnd.ant.fit'
      const upload = await bringUpload(tx, {
        userId,
        kind: 'ACTIVITY',
        filename: file.filename,
        contentType,
        byteSize,
        now,
      })
      const { count } = await tx.activity.createMany({
        data: {
          id: uuidv7(),
          userId,
          uploadId: upload.id,
          legacyId: file.legacyActivityId,
          status: 'AWAITING_FILE',
          createdAt: now,
        },
        skipDuplicates: true,
      })
      if (count === 0) throw new OtherWasFirst()
      // Last, as everywhere: whoever deletes an activity holds it when it comes to the counter.
      await usage.record(tx, { userId, amounts: { STORAGE_BYTES: byteSize }, now })
      return upload
    })
  } catch (error) {
    if (error instanceof OtherWasFirst) return null
    throw error
  }
}

/** Undoes the upload that nothing belongs to. */
class OtherWasFirst extends Error {}

/** A deletion waits for this transaction, and none comes after it. */
async function holdPresent(tx: Tx, userId: string): Promise<void> {
  const [person] = await tx.$queryRaw<{ id: string }[]>`
    SELECT id FROM users WHERE id = ${userId}::uuid AND is_present FOR SHARE`
  if (!person) throw new NotFound('person')
}
