import type { Database, Tx } from '../../../platform/database/db.ts'
import { notify } from '../../../platform/database/db.ts'
import { type Bucket, findUpload, readFile, recordDigest } from '../../uploads/index.ts'
import { timeZoneOf } from '../../users/index.ts'
import { UnreadableRecording, unreadable } from '../errors.ts'
import type { Recording, RecordingReader } from '../ports.ts'
import { activityTopic } from '../topic.ts'
import { encodeTrack } from '../track.ts'
import { utcOffsetMinutes } from '../utc-offset.ts'

export interface ReadActivityFilePorts {
  readonly db: Database
  readonly bucket: Bucket
  readonly reader: RecordingReader
}

const missingFile = 'The file no longer exists. Upload it again.'

/**
 * Fills a PROCESSING activity from its file, or records why the file cannot be read. Everything is written in one
 * transaction whose first statement ends the state PROCESSING, so a second run, concurrent or later, changes nothing.
 */
export async function readActivityFile(
  { db, bucket, reader }: ReadActivityFilePorts,
  activityId: string,
  { isLastAttempt }: { isLastAttempt: boolean },
): Promise<void> {
  const activity = await db.prisma.activity.findUnique({
    where: { id: activityId, status: 'PROCESSING' },
    select: { uploadId: true, userId: true },
  })
  const upload = activity?.uploadId ? await findUpload(db.prisma, activity.uploadId) : null
  if (!activity || !upload) return
  const source = { activityId, uploadId: upload.id }
  try {
    const bytes = await readFile(bucket, upload)
    if (!bytes) throw new UnreadableRecording(missingFile)
    // Before the transaction: inside, this statement would lock the upload after its activity, against the lock order.
    await recordDigest(db.prisma, upload, bytes)
    const recording = await reader.read(bytes)
    const timeZone = await timeZoneOf(db.prisma, activity.userId)
    await db.transaction((tx) => store(tx, source, recording, timeZone))
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
  // A sport that the user set while the file was read is kept. The row is written once: on a second update in the same
  // transaction Postgres would lock the upload, and deadlock with a deletion, which locks the upload first.
  const { count } = await tx.activity.updateMany({ where: { ...where, sport: null }, data: { ...data, sport } })
  if (count === 0 && (await tx.activity.updateMany({ where, data })).count === 0) return
  await tx.activityLap.deleteMany({ where: { activityId } })
  await tx.activityLap.createMany({ data: laps.map((lap, position) => ({ activityId, position, ...lap })) })
  const encoded = { data: new Uint8Array(encodeTrack(track)) }
  await tx.activityTrack.upsert({ where: { activityId }, create: { activityId, ...encoded }, update: encoded })
  notify(tx, activityTopic(activityId))
}

async function fail(tx: Tx, { activityId, uploadId }: Source, failure: string): Promise<void> {
  const { count } = await tx.activity.updateMany({
    where: { id: activityId, uploadId, status: 'PROCESSING' },
    data: { status: 'FAILED', failure, revision: { increment: 1 } },
  })
  if (count === 1) notify(tx, activityTopic(activityId))
}
