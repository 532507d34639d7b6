import type { Database } from '../../../platform/database/db.ts'
import { heartbeatTimeoutMs } from '../commands/claim-video.ts'

/** Counting stops at this number of videos, the oldest. */
export const countLimit = 10_000

export interface VideoQueueReading {
  readonly queued: number
  readonly rendering: number
  /** Their worker has ended, and no other has taken them yet. */
  readonly interrupted: number
  readonly oldestSeconds: number
}

/**
 * The videos of all users that have not ended. A video that waits only for another one of its user is not counted as
 * waiting: otherwise one user's hundred videos would look like a queue that does not move.
 */
export async function readVideoQueue(db: Pick<Database, 'query'>, now: Date): Promise<VideoQueueReading> {
  const endedBefore = new Date(now.getTime() - heartbeatTimeoutMs)
  const [reading] = await db.query<VideoQueueReading>(
    `WITH unfinished AS (
      SELECT user_id, status, not_before, most_at_once,
        status = 'RENDERING' AND heartbeat_at >= $2 AS is_rendered,
        CASE status WHEN 'QUEUED' THEN GREATEST(queued_at, not_before) ELSE heartbeat_at END AS waits_since
      FROM videos WHERE status IN ('QUEUED', 'RENDERING') ORDER BY queued_at, id LIMIT ${countLimit}
    ), of_user AS (
      SELECT user_id, count(*) AS rendered FROM videos
      WHERE status = 'RENDERING' AND heartbeat_at >= $2 GROUP BY user_id
    )
    SELECT
      (count(*) FILTER (WHERE status = 'QUEUED'))::int AS "queued",
      (count(*) FILTER (WHERE is_rendered))::int AS "rendering",
      (count(*) FILTER (WHERE status = 'RENDERING' AND NOT is_rendered))::int AS "interrupted",
      COALESCE(extract(epoch FROM $1::timestamptz - min(waits_since) FILTER (
        WHERE NOT is_rendered AND not_before <= $1 AND COALESCE(of_user.rendered, 0) < most_at_once)), 0)::float8
        AS "oldestSeconds"
    FROM unfinished LEFT JOIN of_user USING (user_id)`,
    [now, endedBefore],
  )
  if (!reading) throw new Error('Postgres did not return the queue of videos.')
  return reading
}
