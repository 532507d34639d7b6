import { type Database, hint, type Tx } from '../../platform/database/db.ts'
import { inBatches } from '../../platform/database/in-batches.ts'
import { enqueueMany } from '../../platform/queue/jobs.ts'
import { unreadable } from './errors.ts'
import { readActivityFile } from './jobs.ts'
import { activityTopic } from './topic.ts'

const batchSize = 500

/**
 * Ends activities whose job was killed in its last attempt, so that it could not say so itself, and has those
 * read whose job was lost: one that was done twice takes along what was asked for meanwhile.
 */
export async function sweepStuck(db: Database): Promise<void> {
  await inBatches({ size: batchSize }, (size) => db.transaction((tx) => endSome(tx, size)))
  await inBatches({ size: batchSize }, (size) => db.transaction((tx) => readSome(tx, size)))
}

const keyPrefix = `${readActivityFile.name}:`

async function endSome(tx: Tx, size: number): Promise<number> {
  const ended = await tx.$queryRaw<{ id: string }[]>`
    UPDATE activities SET status = 'FAILED', failure = ${unreadable}, revision = revision + 1
    WHERE id = ANY(ARRAY(
      SELECT id FROM activities
      WHERE status = 'PROCESSING' AND EXISTS (
        SELECT FROM graphile_worker.jobs
        WHERE key = ${keyPrefix} || activities.id AND attempts >= max_attempts AND locked_at IS NULL)
      LIMIT ${size} FOR UPDATE SKIP LOCKED))
    RETURNING id`
  for (const { id } of ended) hint(tx, activityTopic(id))
  return ended.length
}

async function readSome(tx: Tx, size: number): Promise<number> {
  const lost = await tx.$queryRaw<{ id: string }[]>`
    SELECT id FROM activities
    WHERE status = 'PROCESSING' AND NOT EXISTS (
      SELECT FROM graphile_worker.jobs WHERE key = ${keyPrefix} || activities.id)
    LIMIT ${size} FOR NO KEY UPDATE SKIP LOCKED`
  await enqueueMany(
    tx,
    readActivityFile,
    lost.map(({ id }) => ({ payload: { activityId: id }, key: id })),
  )
  return lost.length
}
