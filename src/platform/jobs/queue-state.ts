import type { Pool } from 'pg'
import { countGivenUp, countLimit, readQueue } from './read-queue.ts'

export interface QueueState {
  /** Processes that run jobs and wrote a heartbeat within the last minute. */
  readonly workers: number
  /** Jobs of all lanes that are due and not running, up to 10,000. */
  readonly due: number
  /** How long the oldest of them has been due; 0 without any. */
  readonly oldestSeconds: number
  /** Jobs that failed too often and are not tried again, up to 10,000; without those that were cancelled. */
  readonly givenUp: number
}

/** Which workers run, and what waits for them. Counts are bounded, so that a queue of a million costs no more. */
export async function readQueueState(pool: Pick<Pool, 'query'>): Promise<QueueState> {
  const [workers, readings, givenUp] = await Promise.all([countWorkers(pool), readQueue(pool), countGivenUp(pool)])
  const lanes = Object.values(readings)
  const due = lanes.reduce((sum, { depth }) => sum + depth, 0)
  const oldestSeconds = Math.max(...lanes.map((lane) => lane.oldestSeconds))
  return { workers, due: Math.min(due, countLimit), oldestSeconds, givenUp }
}

async function countWorkers(pool: Pick<Pool, 'query'>): Promise<number> {
  const { rows } = await pool.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM worker_heartbeats WHERE seen_at > now() - interval '1 minute'`,
  )
  return rows[0]?.count ?? 0
}
