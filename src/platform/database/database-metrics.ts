import type { Pool } from 'pg'
import { lanes } from '../jobs/lanes.ts'
import { countLimit, type QueueReading, readQueue } from '../jobs/read-queue.ts'
import { memoize } from '../memoize.ts'
import type { Metrics } from '../observability/metrics.ts'
import { withTimeout } from '../with-timeout.ts'

/** Several scrapers, or a short scrape interval, cost no additional statements. */
const queueCacheMs = 5_000
/** pg_database_size reads the size of every file: 3 to 10 ms. */
const sizeCacheMs = 60_000
const readMs = 1_000

export interface ObservedDatabase {
  readonly pool: Pool
  /** The size limit of the database. */
  readonly bytesLimit?: number | undefined
}

/** Exports this process's pool connections, and the queue and the size of the database, which all processes share. */
export function observeDatabase(metrics: Metrics, { pool, bytesLimit }: ObservedDatabase): void {
  observePool(metrics, pool)
  observeQueue(metrics, pool)
  const size = memoize(sizeCacheMs, () => withTimeout(readMs, readSize(pool)))
  metrics.readGauge({ name: 'database_bytes', help: 'The size of the database on disk.' }, async () => [
    { labels: {}, value: await size() },
  ])
  const limit = metrics.gauge('database_bytes_limit', 'The size limit of the database: DATABASE_BYTES_LIMIT.')
  if (bytesLimit !== undefined) limit.set({}, bytesLimit)
}

function observePool(metrics: Metrics, pool: Pool): void {
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
}

function observeQueue(metrics: Metrics, pool: Pool): void {
  const queue = memoize(queueCacheMs, () => withTimeout(readMs, readQueue(pool)))
  const byLane = async (value: (reading: QueueReading) => number) => {
    const readings = await queue()
    return lanes.map((lane) => ({ labels: { lane }, value: value(readings[lane]) }))
  }
  const depth = `Jobs of a lane that are due and not running, up to ${countLimit}; the same in each process.`
  metrics.readGauge({ name: 'queue_depth', help: depth, labels: ['lane'] }, () => byLane((reading) => reading.depth))
  const age = 'How long the oldest due job has waited; 0 if no job is due.'
  metrics.readGauge({ name: 'queue_oldest_seconds', help: age, labels: ['lane'] }, () =>
    byLane((reading) => reading.oldestSeconds),
  )
}

async function readSize(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ bytes: number }>('SELECT pg_database_size(current_database())::float8 AS bytes')
  if (!rows[0]) throw new Error('Postgres did not return the size of the database.')
  return rows[0].bytes
}
