import { createHash } from 'node:crypto'
import type { Pool } from 'pg'
import { RateLimiterMemory, RateLimiterPostgres, RateLimiterRes } from 'rate-limiter-flexible'
import type { Log } from '../observability/log.ts'
import { withTimeout } from '../with-timeout.ts'

/** At most `points` within `seconds`, counted from the first request on. */
export interface Rate {
  readonly points: number
  readonly seconds: number
}

/** A rate limit; each name has its own counters. */
export interface RateLimit extends Rate {
  readonly name: string
  /** True: each process counts by itself, without Postgres. */
  readonly isPerProcess?: boolean
}

export interface RateLimiter {
  /** Counts `points` for the key. Resolves to null, or over the limit to the seconds until the window ends. */
  take(limit: RateLimit, key: string, points?: number): Promise<number | null>
}

/** If Postgres does not answer in this time, only this process's own count applies. */
const sharedCountTimeoutMs = 500

/**
 * Counts in memory and adds to the shared count in Postgres after each tenth of the limit: a client far below the limit
 * costs no statement, nor does a flood once it is refused, and P processes together allow at most P tenths more than
 * one process.
 */
export function createRateLimiter({ pool, log }: { readonly pool: Pool; readonly log: Log }): RateLimiter {
  const counters = new Map<string, Counter>()
  return {
    async take(limit, key, points = 1) {
      const counter = counters.get(limit.name) ?? createCounter(pool, limit)
      counters.set(limit.name, counter)
      const counted = await outcomeOf(counter.memory.consume(key, points))
      if (counted.isRefusal) return secondsOf(counted)
      if (limit.isPerProcess) return null
      const batches = Math.floor(counted.consumedPoints / counter.batchPoints)
      const unsharedPoints =
        (batches - Math.floor((counted.consumedPoints - points) / counter.batchPoints)) * counter.batchPoints
      if (unsharedPoints === 0) return null
      try {
        const shared = await withTimeout(
          sharedCountTimeoutMs,
          outcomeOf(counter.shared.consume(hashOf(key), unsharedPoints)),
        )
        if (!shared.isRefusal) return null
        await counter.memory.block(key, secondsOf(shared))
        return secondsOf(shared)
      } catch (error) {
        log.warn({ err: error, limit: limit.name }, 'rate limits are counted by this process alone')
        return null
      }
    },
  }
}

interface Counter {
  readonly memory: RateLimiterMemory
  readonly shared: RateLimiterPostgres
  readonly batchPoints: number
}

function createCounter(pool: Pool, { name, points, seconds }: RateLimit): Counter {
  const bounds = { points, duration: seconds, keyPrefix: name }
  const table = { tableName: 'rate_limits', tableCreated: true, clearExpiredByTimeout: false }
  return {
    memory: new RateLimiterMemory(bounds),
    shared: new RateLimiterPostgres({ ...bounds, ...table, storeClient: pool, storeType: 'pool' }),
    batchPoints: Math.max(Math.floor(points / 10), 1),
  }
}

type Outcome = Pick<RateLimiterRes, 'consumedPoints' | 'msBeforeNext'> & { readonly isRefusal: boolean }

/** The library rejects with the count when the limit is exceeded; any other rejection is a failure. */
async function outcomeOf(counting: Promise<RateLimiterRes>): Promise<Outcome> {
  try {
    const { consumedPoints, msBeforeNext } = await counting
    return { consumedPoints, msBeforeNext, isRefusal: false }
  } catch (reason) {
    if (!(reason instanceof RateLimiterRes)) throw reason
    const { consumedPoints, msBeforeNext } = reason
    return { consumedPoints, msBeforeNext, isRefusal: true }
  }
}

const secondsOf = ({ msBeforeNext }: Outcome) => Math.max(Math.ceil(msBeforeNext / 1_000), 1)

/** Addresses and user ids are hashed, since erasure does not empty this table. */
function hashOf(key: string): string {
  return createHash('sha256').update(key).digest('base64url')
}
