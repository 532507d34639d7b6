import type { Pool } from 'pg'
import { deepest, readQueue } from '../queue/read-queue.ts'
import { remembered } from '../remembered.ts'
import type { Metrics } from '../watching/metrics.ts'
import { within } from '../within.ts'

/** Who scrapes twice, or twice as often, costs no more. */
const queueCacheMs = 5_000
/** Postgres looks at each of its files: 3 to 10 ms. */
const sizeCacheMs = 60_000
const readMs = 1_000

export interface WatchedDatabase {
  readonly pool: Pool
  /** How large it may become. */
  readonly bytesLimit?: number | undefined
}

/** Shows the connections of this process, and the queue and the size of the database, which all share. */
export function watchDatabase(metrics: Metrics, { pool, bytesLimit }: WatchedDatabase): void {
  watchPool(metrics, pool)
  watchQueue(metrics, pool)
  const size = remembered(sizeCacheMs, () => within(readMs, readSize(pool)))
  metrics.readGauge({ name: 'database_bytes', help: 'The size of the database on disk.' }, async () => [
    { labels: {}, value: await size() },
  ])
  const limit = metrics.gauge('database_bytes_limit', 'How large it may become: DATABASE_BYTES_LIMIT.')
  if (bytesLimit !== undefined) limit.set({}, bytesLimit)
}

function watchPool(metrics: Metrics, pool: Pool): void {
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

function watchQueue(metrics: Metrics, pool: Pool): void {
  const queue = remembered(queueCacheMs, () => within(readMs, readQueue(pool)))
  const depth = `Jobs that are due and not at work, up to ${deepest}; the same in each process.`
  metrics.readGauge({ name: 'queue_depth', help: depth }, async () => [{ labels: {}, value: (await queue()).depth }])
  const age = 'How long the oldest of them has been due; 0 without any.'
  metrics.readGauge({ name: 'queue_oldest_seconds', help: age }, async () => [
    { labels: {}, value: (await queue()).oldestSeconds },
  ])
}

async function readSize(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ bytes: number }>('SELECT pg_database_size(current_database())::float8 AS bytes')
  if (!rows[0]) throw new Error('The size of the database was not told.')
  return rows[0].bytes
}
