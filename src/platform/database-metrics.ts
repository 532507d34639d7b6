import type { Pool } from 'pg'
import type { Metrics } from './metrics.ts'
import { within } from './within.ts'

/** Who scrapes twice, or twice as often, costs no more. */
const cacheMs = 5_000
const readMs = 1_000
/** More than that many is said as that many: counting a million would take longer than anybody waits. */
const deepest = 10_000

/** Shows the connections of this process, and the queue of all. */
export function watchDatabase(metrics: Metrics, pool: Pool): void {
  metrics.readGauge(
    {
      name: 'pg_pool_connections',
      help: 'Connections of this process to the database: in use, idle, and requests that wait for one.',
      labels: ['state'],
    },
    () => [
      { labels: { state: 'used' }, value: pool.totalCount - pool.idleCount },
      { labels: { state: 'idle' }, value: pool.idleCount },
      { labels: { state: 'waiting' }, value: pool.waitingCount },
    ],
  )
  const queue = readingOfQueue(pool)
  const depth = `Jobs that are due and not at work, up to ${deepest}; the same in each process.`
  metrics.readGauge({ name: 'queue_depth', help: depth }, async () => [{ labels: {}, value: (await queue()).depth }])
  const age = 'How long the oldest of them has been due; 0 without any.'
  metrics.readGauge({ name: 'queue_oldest_seconds', help: age }, async () => [
    { labels: {}, value: (await queue()).oldestSeconds },
  ])
}

interface QueueReading {
  readonly depth: number
  readonly oldestSeconds: number
}

function readingOfQueue(pool: Pool): () => Promise<QueueReading> {
  let readAt = Number.NEGATIVE_INFINITY
  let reading: Promise<QueueReading> | null = null
  return () => {
    if (reading && performance.now() - readAt < cacheMs) return reading
    readAt = performance.now()
    reading = within(readMs, readQueue(pool))
    return reading
  }
}

/** In the order of the queue's own index. */
async function readQueue(pool: Pool): Promise<QueueReading> {
  const { rows } = await pool.query<QueueReading>(
    `SELECT count(*)::int AS depth, COALESCE(extract(epoch FROM now() - min(run_at)), 0)::float8 AS "oldestSeconds"
     FROM (
       SELECT run_at FROM graphile_worker._private_jobs WHERE is_available AND run_at <= now()
       ORDER BY priority, run_at LIMIT ${deepest}) AS due`,
  )
  if (!rows[0]) throw new Error('The queue answered nothing.')
  return rows[0]
}
