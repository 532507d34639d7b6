import { type Database, hint, type Tx } from '../../platform/database/db.ts'
import { inBatches } from '../../platform/database/in-batches.ts'
import { unreadable } from './errors.ts'
import { readActivityFile } from './jobs.ts'
import { activityTopic } from './topic.ts'

const batchSize = 500

/**
 * Ends activities whose file nobody reads any more: their job was killed in its last attempt, so that it could not say
 * so itself.
 */
export async function sweepStuck(db: Database): Promise<void> {
  await inBatches({ size: batchSize }, (size) => db.transaction((tx) => endSome(tx, size)))
}

async function endSome(tx: Tx, size: number): Promise<number> {
  const ended = await tx.$queryRaw<{ id: string }[]>`
    UPDATE activities SET status = 'FAILED', failure = ${unreadable}, revision = revision + 1
    WHERE id = ANY(ARRAY(
      SELECT id FROM activities
      WHERE status = 'PROCESSING' AND NOT EXISTS (
        SELECT FROM graphile_worker.jobs
        WHERE key = ${`${readActivityFile.name}:`} || activities.id
          AND (attempts < max_attempts OR locked_at IS NOT NULL))
      LIMIT ${size} FOR UPDATE SKIP LOCKED))
    RETURNING id`
  for (const { id } of ended) hint(tx, activityTopic(id))
  return ended.length
}
