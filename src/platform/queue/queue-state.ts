import type { Pool } from 'pg'
import { deepest, isGivenUp } from './read-queue.ts'

export interface QueueState {
  /** Processes that run jobs and were heard of within the last minute. */
  readonly workers: number
  /** Jobs that are due and not at work, up to 10,000. */
  readonly due: number
  /** How long the oldest of them has been due; 0 without any. */
  readonly oldestSeconds: number
  /** Jobs that failed too often and are not tried again, up to 10,000; without those that were cancelled. */
  readonly givenUp: number
}

/** Who works, and what waits for them. Counts are bounded, so that a queue of a million costs no more. */
export async function readQueueState(pool: Pick<Pool, 'query'>): Promise<QueueState> {
  const { rows } = await pool.query<QueueState>(
    `SELECT
       (SELECT count(*)::int FROM worker_heartbeats WHERE seen_at > now() - interval '1 minute') AS workers,
       (SELECT count(*)::int FROM (SELECT FROM graphile_worker._private_jobs
         WHERE ${isGivenUp} LIMIT ${deepest}) AS job) AS "givenUp",
       count(*)::int AS due,
       COALESCE(extract(epoch FROM now() - min(run_at)), 0)::float8 AS "oldestSeconds"
     FROM (
       SELECT run_at FROM graphile_worker._private_jobs WHERE is_available AND run_at <= now()
       ORDER BY priority, run_at LIMIT ${deepest}) AS due`,
  )
  if (!rows[0]) throw new Error('The queue answered nothing.')
  return rows[0]
}
