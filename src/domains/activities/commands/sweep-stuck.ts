import { Prisma } from '../../../generated/prisma/client.ts'
import { type Database, notify, type Tx } from '../../../platform/database/db.ts'
import { inBatches } from '../../../platform/database/in-batches.ts'
import { enqueueMany } from '../../../platform/jobs/define-job.ts'
import { hasFailedJob, hasJob } from '../../../platform/jobs/jobs-by-key.ts'
import { failureColumns } from '../failure.ts'
import { readActivityFile } from '../job-types.ts'
import { recordingMessages } from '../messages.ts'
import { activityTopic } from '../topic.ts'

const batchSize = 500
const unreadable = failureColumns(recordingMessages.unreadable())

/**
 * Fails activities whose job was killed in its last attempt, before it could record the failure, and enqueues a new job
 * for activities whose job was lost: a job that was run twice removes its key, and with it a job enqueued since.
 */
export async function sweepStuck(db: Database): Promise<void> {
  await inBatches({ size: batchSize }, (size) => db.transaction((tx) => failSome(tx, size)))
  await inBatches({ size: batchSize }, (size) => db.transaction((tx) => enqueueSome(tx, size)))
}

const key = Prisma.sql`activities.id`

async function failSome(tx: Tx, size: number): Promise<number> {
  const failed = await tx.$queryRaw<{ id: string }[]>`
    UPDATE activities SET status = 'FAILED', failure = ${unreadable.failure}, failure_message = ${JSON.stringify(unreadable.failureMessage)}::jsonb, revision = revision + 1
    WHERE id = ANY(ARRAY(
      SELECT id FROM activities
      WHERE status = 'PROCESSING' AND ${hasFailedJob(readActivityFile, key)}
      LIMIT ${size} FOR UPDATE SKIP LOCKED))
    RETURNING id`
  for (const { id } of failed) notify(tx, activityTopic(id))
  return failed.length
}

async function enqueueSome(tx: Tx, size: number): Promise<number> {
  const lost = await tx.$queryRaw<{ id: string; userId: string }[]>`
    SELECT id, user_id AS "userId" FROM activities
    WHERE status = 'PROCESSING' AND NOT ${hasJob(readActivityFile, key)}
    LIMIT ${size} FOR NO KEY UPDATE SKIP LOCKED`
  await enqueueMany(
    tx,
    readActivityFile,
    lost.map(({ id, userId }) => ({ payload: { activityId: id, userId }, key: id })),
  )
  return lost.length
}
