import { type Database, hint } from '../../platform/database/db.ts'
import { unreadable } from './errors.ts'
import { readActivityFile } from './jobs.ts'
import { activityTopic } from './topic.ts'

/**
 * Ends activities whose file nobody reads any more: their job was killed in its last attempt, so that it could not say
 * so itself.
 */
export async function sweepStuck(db: Database): Promise<void> {
  await db.transaction(async (tx) => {
    const ended = await tx.$queryRaw<{ id: string }[]>`
      UPDATE activities SET status = 'FAILED', failure = ${unreadable}, revision = revision + 1
      WHERE status = 'PROCESSING' AND NOT EXISTS (
        SELECT FROM graphile_worker.jobs
        WHERE key = ${`${readActivityFile.name}:`} || activities.id
          AND (attempts < max_attempts OR locked_at IS NOT NULL))
      RETURNING id`
    for (const { id } of ended) hint(tx, activityTopic(id))
  })
}
