import type { Database, Tx } from '../../../platform/database/db.ts'
import { notify } from '../../../platform/database/db.ts'
import type { JobRun } from '../../../platform/jobs/job-run.ts'
import type { Message } from '../../../platform/messages/message.ts'
import { type Bucket, findUpload, readFile, recordDigest } from '../../uploads/index.ts'
import { timeZoneOf } from '../../users/index.ts'
import { UnreadableRecording } from '../errors.ts'
import { failureColumns } from '../failure.ts'
import { recordingMessages } from '../messages.ts'
import type { Recording, RecordingReader } from '../ports.ts'
import { activityTopic } from '../topic.ts'
import { encodeTrack } from '../track.ts'
import { utcOffsetMinutes } from '../utc-offset.ts'

export interface ReadActivityFilePorts {
  readonly db: Database
  readonly bucket: Bucket
  readonly reader: RecordingReader
}

export type ReadActivityFileRun = Pick<JobRun, 'signal' | 'attempt' | 'isLastAttempt' | 'step' | 'isFinished'>

/** One may have been an accident: the kernel was out of memory, or an operator killed the worker. */
const mostDeaths = 2

/**
 * Fills a PROCESSING activity from its file, or records why the file cannot be read. Everything is written in one
 * transaction whose first statement ends the state PROCESSING, so a second run, concurrent or later, changes nothing.
 * With the signal it ends without an outcome, and throws the signal's reason.
 */
export async function readActivityFile(
  { db, bucket, reader }: ReadActivityFilePorts,
  activityId: string,
  run: ReadActivityFileRun,
): Promise<void> {
  const activity = await db.prisma.activity.findUnique({
    where: { id: activityId, status: 'PROCESSING' },
    select: { uploadId: true, userId: true },
  })
  const upload = activity?.uploadId ? await findUpload(db.prisma, activity.uploadId) : null
  if (!activity || !upload) return
  const source = { activityId, uploadId: upload.id }
  try {
    const bytes = await readFile(bucket, upload, run.signal)
    if (!bytes) throw new UnreadableRecording(recordingMessages.missingFile())
    // Before the transaction: inside, this statement would lock the upload after its activity, against the lock order.
    await recordDigest(db.prisma, upload, bytes)
    const recording = await readCountingDeaths(reader, bytes, run)
    const timeZone = await timeZoneOf(db.prisma, activity.userId)
    await db.transaction((tx) => store(tx, source, recording, timeZone))
  } catch (error) {
    if (error instanceof UnreadableRecording) return db.transaction((tx) => fail(tx, source, error.text))
    if (run.isLastAttempt) await db.transaction((tx) => fail(tx, source, recordingMessages.unreadable()))
    throw error
  }
}

/**
 * Reads the recording. An attempt stores that its reading begins, and that it ended; one that stored only the first died
 * there: its child process did, or the worker with it. A file whose reading died twice is an UnreadableRecording. An
 * attempt that was returned at shutdown has the number of the next one, and is not counted.
 */
async function readCountingDeaths(
  reader: RecordingReader,
  bytes: Uint8Array,
  run: ReadActivityFileRun,
): Promise<Recording> {
  const earlier = Array.from({ length: run.attempt - 1 }, (_, index) => index + 1)
  const deaths = earlier.filter((attempt) => run.isFinished(begins(attempt)) && !run.isFinished(ends(attempt))).length
  if (deaths >= mostDeaths) throw new UnreadableRecording(recordingMessages.endsItsReader())
  await run.step(begins(run.attempt), async () => null)
  const recording = await reader.read(bytes, run.signal).catch((error: unknown) => {
    if (error instanceof UnreadableRecording) throw error
    run.signal.throwIfAborted()
    if (deaths + 1 < mostDeaths) throw error
    throw Object.assign(new UnreadableRecording(recordingMessages.endsItsReader()), { cause: error })
  })
  await run.step(ends(run.attempt), async () => null)
  return recording
}

const begins = (attempt: number) => `reading ${attempt} begins`
const ends = (attempt: number) => `reading ${attempt} ends`

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

async function fail(tx: Tx, { activityId, uploadId }: Source, failure: Message): Promise<void> {
  const { count } = await tx.activity.updateMany({
    where: { id: activityId, uploadId, status: 'PROCESSING' },
    data: { status: 'FAILED', ...failureColumns(failure), revision: { increment: 1 } },
  })
  if (count === 1) notify(tx, activityTopic(activityId))
}
