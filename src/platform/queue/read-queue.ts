import type { Pool } from 'pg'
import { cancelled } from './queue-change.ts'

/** More than that many is said as that many: counting a million would take longer than anybody waits. */
export const deepest = 10_000

export interface QueueReading {
  readonly depth: number
  readonly oldestSeconds: number
}

/** The jobs that are due and not at work, of all processes. In the order of the queue's own index. */
export async function readQueue(pool: Pick<Pool, 'query'>): Promise<QueueReading> {
  const { rows } = await pool.query<QueueReading>(
    `SELECT count(*)::int AS depth, COALESCE(extract(epoch FROM now() - min(run_at)), 0)::float8 AS "oldestSeconds"
     FROM (
       SELECT run_at FROM graphile_worker._private_jobs WHERE is_available AND run_at <= now()
       ORDER BY priority, run_at LIMIT ${deepest}) AS due`,
  )
  if (!rows[0]) throw new Error('The queue answered nothing.')
  return rows[0]
}

/** What nobody tries again, and nobody has cancelled: somebody has to look at it. */
export const isGivenUp = `attempts >= max_attempts AND locked_at IS NULL AND last_error IS DISTINCT FROM '${cancelled}'`

/** How many jobs were given up, of all processes. */
export async function countGivenUp(pool: Pick<Pool, 'query'>): Promise<number> {
  const { rows } = await pool.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM (
       SELECT FROM graphile_worker._private_jobs WHERE ${isGivenUp} LIMIT ${deepest}) AS job`,
  )
  if (!rows[0]) throw new Error('The queue answered nothing.')
  return rows[0].count
}
