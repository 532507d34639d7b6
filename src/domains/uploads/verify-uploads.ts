import { createHash } from 'node:crypto'
import type { Prisma, Upload } from '../../generated/prisma/client.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Reader } from '../../platform/database/db.ts'
import { keepDigest } from './digest.ts'
import { objectKey } from './object-key.ts'
import type { Bucket } from './ports.ts'
import { keepVerifyPosition, readVerifyPosition, type VerifyPosition } from './verify-position.ts'

export interface VerifyPorts {
  readonly db: Reader
  readonly bucket: Bucket
  readonly clock: Clock
}

export interface VerifyOptions {
  /** Begins anew where an earlier run was stopped. */
  readonly restart: boolean
  /** How many objects are read at once. */
  readonly parallel: number
}

/** 'remembered': it had no SHA-256 yet. 'deleted meanwhile' is no lie; the last three are. */
export type Verdict = 'as recorded' | 'remembered' | 'deleted meanwhile' | Lie
export type Lie = 'missing' | 'of another size' | 'of other bytes'

export interface VerifiedUpload {
  readonly id: string
  readonly userId: string
  readonly verdict: Verdict
}

export type VerifyStep =
  | {
      readonly kind: 'begun'
      readonly total: number
      /** What an earlier run has done, and when it was stopped; null where there was none. */
      readonly checked: number
      readonly lies: number
      readonly stoppedAt: Date | null
    }
  | { readonly kind: 'checked'; readonly uploads: readonly VerifiedUpload[] }

const lies: ReadonlySet<Verdict> = new Set<Lie>(['missing', 'of another size', 'of other bytes'])

/** Whether a verdict contradicts the row. */
export const isLie = (verdict: Verdict): verdict is Lie => lies.has(verdict)

/**
 * Reads every file that is here and compares its size and SHA-256 with its row, `parallel` of them a step; a row without
 * a SHA-256 gets the one that is found. Nothing is held in memory but a chunk of each file. The place is kept after each
 * step, so a run that is stopped, between two steps or by force, goes on from there. It may run while everything serves.
 */
export async function* verifyUploads(
  ports: VerifyPorts,
  { restart, parallel }: VerifyOptions,
): AsyncGenerator<VerifyStep, void> {
  const { db, clock } = ports
  const kept = restart ? null : await readVerifyPosition(db, clock())
  let position: VerifyPosition = kept?.position ?? { afterId: null, checked: 0, lies: 0 }
  const left = await db.upload.count({ where: here(position) })
  const { checked, lies } = position
  yield { kind: 'begun', total: checked + left, checked, lies, stoppedAt: kept?.stoppedAt ?? null }

  for (;;) {
    const rows = await db.upload.findMany({ where: here(position), orderBy: { id: 'asc' }, take: parallel })
    const last = rows.at(-1)
    if (!last) return keepVerifyPosition(db, null, clock())
    const uploads = await Promise.all(rows.map((row) => verify(ports, row)))
    position = {
      afterId: last.id,
      checked: position.checked + rows.length,
      lies: position.lies + uploads.filter(({ verdict }) => isLie(verdict)).length,
    }
    await keepVerifyPosition(db, position, clock())
    yield { kind: 'checked', uploads }
  }
}

function here({ afterId }: VerifyPosition): Prisma.UploadWhereInput {
  return { status: 'READY', ...(afterId === null ? {} : { id: { gt: afterId } }) }
}

async function verify(ports: VerifyPorts, upload: Upload): Promise<VerifiedUpload> {
  const { id, userId } = upload
  const verdict = await judge(ports, upload)
  const wasDeleted = isLie(verdict) && !(await isStillHere(ports.db, id))
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

/** A person who is being erased loses the objects before the rows. */
async function isStillHere(db: Reader, id: string): Promise<boolean> {
  const found = await db.upload.count({ where: { id, status: 'READY', user: { isPresent: true } } })
  return found === 1
}
