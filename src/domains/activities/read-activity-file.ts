import type { Database, Tx } from '../../platform/database/db.ts'
import { hint } from '../../platform/database/db.ts'
import { type Bucket, noteDigest, readFile } from '../uploads/index.ts'
import { UnreadableRecording, unreadable } from './errors.ts'
import type { Recording, RecordingReader } from './ports.ts'
import { activityTopic } from './topic.ts'
import { encodeTrack } from './track.ts'
import { utcOffsetMinutes } from './utc-offset.ts'

export interface ReadActivityFilePorts {
  readonly db: Database
  readonly bucket: Bucket
  readonly reader: RecordingReader
}

const gone = 'The file is not there any more. Upload it again.'

/**
 * Fills a PROCESSING activity from its file, or says why that cannot be. Everything is written in one transaction whose
 * first statement takes the row out of PROCESSING, so a second run, at once or later, changes nothing.
 */
export async function readActivityFile(
  { db, bucket, reader }: ReadActivityFilePorts,
  activityId: string,
  { isLastAttempt }: { isLastAttempt: boolean },
): Promise<void> {
  const activity = await db.prisma.activity.findUnique({
    where: { id: activityId, status: 'PROCESSING' },
    include: { upload: true, user: { select: { timeZone: true } } },
  })
  if (!activity?.upload) return
  const source = { activityId, uploadId: activity.upload.id }
  try {
    const bytes = await readFile(bucket, activity.upload)
    if (!bytes) throw new UnreadableRecording(gone)
    // A statement of its own, before the transaction: there it would lock the upload after its activity.
    await noteDigest(db.prisma, activity.upload, bytes)
    const recording = await reader.read(bytes)
    await db.transaction((tx) => store(tx, source, recording, activity.user.timeZone))
  } catch (error) {
    if (error instanceof UnreadableRecording) return db.transaction((tx) => fail(tx, source, error.message))
    if (isLastAttempt) await db.transaction((tx) => fail(tx, source, unreadable))
    throw error
  }
}

interface Source {
  readonly activityId: string
  readonly uploadId: string
}

async function store(tx: Tx, source: Source, recording: Recording, timeZone: string): Promise<void> {
  const { activityId, uploadId } = source
  const { sport, laps, track, ...measured } = recording
  const where = { id: activityId, uploadId, status: 'PROCESSING' } as const
  const data = {
    ...measured,
    utcOffsetMinutes: recording.utcOffsetMinutes ?? utcOffsetMinutes(recording.startedAt, timeZone),
    status: 'READY',
    revision: { increment: 1 },
  } as const
  // What the person said of the sport while the file was read stays. The row is written once: at a second update in the
  // same transaction Postgres would lock its upload, and deadlock with a deletion, which locks the upload first.
  const { count } = await tx.activity.updateMany({ where: { ...where, sport: null }, data: { ...data, sport } })
  if (count === 0 && (await tx.activity.updateMany({ where, data })).count === 0) return
  await tx.activityLap.deleteMany({ where: { activityId } })
  await tx.activityLap.createMany({ data: laps.map((lap, position) => ({ activityId, position, ...lap })) })
  const series = { data: new Uint8Array(encodeTrack(track)) }
  await tx.activityTrack.upsert({ where: { activityId }, create: { activityId, ...series }, update: series })
  hint(tx, activityTopic(activityId))
}

async function fail(tx: Tx, { activityId, uploadId }: Source, failure: string): Promise<void> {
  const { count } = await tx.activity.updateMany({
    where: { id: activityId, uploadId, status: 'PROCESSING' },
    data: { status: 'FAILED', failure, revision: { increment: 1 } },
  })
  if (count === 1) hint(tx, activityTopic(activityId))
}
