import type { Reader } from '../../platform/database/db.ts'
import { remembered } from '../../platform/remembered.ts'
import type { Metrics } from '../../platform/watching/metrics.ts'
import { within } from '../../platform/within.ts'

/** A quarter of a second over the 700,000 counters of 140,000 people. */
const cacheMs = 5 * 60_000
const readMs = 5_000
/** Who asks waits no longer; a sum that takes longer is shown to the next one. */
const answerMs = 1_000

export interface WatchedStorage {
  readonly db: Reader
  /** How much people may store together. */
  readonly bytesLimit?: number | undefined
}

/**
 * Shows what everybody together stores or has reserved. One person's quota refuses them by itself; a bucket has no
 * quota, so what its operator watches is the sum.
 */
export function watchStorage(metrics: Metrics, { db, bytesLimit }: WatchedStorage): void {
  const stored = remembered(cacheMs, () => within(readMs, sumStored(db)))
  const help = 'Bytes of all files that are here or announced; the same in each process.'
  metrics.readGauge({ name: 'storage_bytes_used', help }, async () => [
    { labels: {}, value: await within(answerMs, stored()) },
  ])
  const limit = metrics.gauge('storage_bytes_limit', 'How many that may be: STORAGE_BYTES_LIMIT.')
  if (bytesLimit !== undefined) limit.set({}, bytesLimit)
}

async function sumStored(db: Reader): Promise<number> {
  const { _sum: sum } = await db.usageCounter.aggregate({ where: { meter: 'STORAGE_BYTES' }, _sum: { used: true } })
  return Number(sum.used ?? 0)
}
