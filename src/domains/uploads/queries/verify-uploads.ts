import { createHash } from 'node:crypto'
import type { Prisma, Upload } from '../../../generated/prisma/client.ts'
import type { Clock } from '../../../platform/clock.ts'
import type { Reader } from '../../../platform/database/db.ts'
import { estimateCount } from '../../../platform/database/estimate-count.ts'
import { presentUsers } from '../../users/index.ts'
import { keepDigest } from '../digest.ts'
import { objectKey } from '../object-key.ts'
import type { Bucket } from '../ports.ts'
import { type VerifyPosition, verifyBookmark } from './verify-position.ts'

export interface VerifyPorts {
  readonly db: Reader
  readonly bucket: Bucket
  readonly clock: Clock
}

export interface VerifyOptions {
  /** Starts with the first file, even if an earlier run was stopped. */
  readonly restart: boolean
  /** The number of objects that are read concurrently. */
  readonly parallel: number
}

/** 'remembered': the row had no SHA-256, and now has one. Only a Mismatch is an error. */
export type Verdict = 'as recorded' | 'remembered' | 'deleted meanwhile' | Mismatch
export type Mismatch = 'missing' | 'of another size' | 'of other bytes'

export interface VerifiedUpload {
  readonly id: string
  readonly userId: string
  readonly verdict: Verdict
}

export type VerifyStep =
  | {
      readonly kind: 'begun'
      /** Beyond 10,000 files an estimate. */
      readonly total: number
      /** The results of an earlier run, and when it was stopped; null without one. */
      readonly checked: number
      readonly mismatches: number
      readonly stoppedAt: Date | null
    }
  | { readonly kind: 'checked'; readonly uploads: readonly VerifiedUpload[] }

const mismatchVerdicts: ReadonlySet<Verdict> = new Set<Mismatch>(['missing', 'of another size', 'of other bytes'])

/** Whether a verdict says that the file does not match its row. */
export const isMismatch = (verdict: Verdict): verdict is Mismatch => mismatchVerdicts.has(verdict)

/**
 * Reads every READY file, `parallel` files per step, and compares its size and SHA-256 with its row. A row without a
 * SHA-256 gets that of the file. Memory holds one chunk of each file. The position is stored after each step, so a run that
 * is stopped or killed continues there. It can run while the API and the worker run.
 */
export async function* verifyUploads(
  ports: VerifyPorts,
  { restart, parallel }: VerifyOptions,
): AsyncGenerator<VerifyStep, void> {
  const { db, clock } = ports
  const kept = restart ? null : await verifyBookmark.read(db, clock())
  let position: VerifyPosition = kept?.position ?? { afterId: null, checked: 0, mismatches: 0 }
  const { checked, mismatches } = position
  const left = await estimateCount(db, {
    table: 'uploads',
    without: checked,
    countUpTo: (take) => db.upload.count({ where: readyAfter(position), take }),
  })
  yield { kind: 'begun', total: checked + left, checked, mismatches, stoppedAt: kept?.savedAt ?? null }

  for (;;) {
    const rows = await db.upload.findMany({ where: readyAfter(position), orderBy: { id: 'asc' }, take: parallel })
    const last = rows.at(-1)
    if (!last) return verifyBookmark.remove(db)
    const uploads = await Promise.all(rows.map((row) => verify(ports, row)))
    position = {
      afterId: last.id,
      checked: position.checked + rows.length,
      mismatches: position.mismatches + uploads.filter(({ verdict }) => isMismatch(verdict)).length,
    }
    await verifyBookmark.keep(db, position, clock())
    yield { kind: 'checked', uploads }
  }
}

function readyAfter({ afterId }: VerifyPosition): Prisma.UploadWhereInput {
  return { status: 'READY', ...(afterId === null ? {} : { id: { gt: afterId } }) }
}

async function verify(ports: VerifyPorts, upload: Upload): Promise<VerifiedUpload> {
  const { id, userId } = upload
  const verdict = await judge(ports, upload)
  const wasDeleted = isMismatch(verdict) && !(await stillExists(ports.db, upload))
  return { id, userId, verdict: wasDeleted ? 'deleted meanwhile' : verdict }
}

async function judge({ db, bucket }: VerifyPorts, upload: Upload): Promise<Verdict> {
  const chunks = await bucket.readStream(objectKey(upload))
  if (!chunks) return 'missing'
  const digest = createHash('sha256')
  let byteSize = 0
  for await (const chunk of chunks) {
    digest.update(chunk)
    byteSize += chunk.byteLength
  }
  if (byteSize !== Number(upload.byteSize)) return 'of another size'
  const sha256 = digest.digest('hex')
  if (upload.sha256 !== null) return sha256 === upload.sha256 ? 'as recorded' : 'of other bytes'
  return (await keepDigest(db, upload.id, sha256)) ? 'remembered' : 'as recorded'
}

/** Erasing a user removes the objects before the rows, so such a user is not counted as present. */
async function stillExists(db: Reader, { id, userId }: Upload): Promise<boolean> {
  const found = await db.upload.count({ where: { id, status: 'READY' } })
  return found === 1 && (await presentUsers(db, [userId])).has(userId)
}
