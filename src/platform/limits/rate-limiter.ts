import { createHash } from 'node:crypto'
import type { Pool } from 'pg'
import { RateLimiterMemory, RateLimiterPostgres, RateLimiterRes } from 'rate-limiter-flexible'
import type { Log } from '../watching/log.ts'
import { within } from '../within.ts'

/** So many within that time, counted from the first one on. */
export interface Rate {
  readonly points: number
  readonly seconds: number
}

/** What is counted: each name counts by itself, and has one rate. */
export interface Counted extends Rate {
  readonly name: string
  /** Postgres is told nothing: each process counts its own. */
  readonly isOfProcess?: boolean
}

export interface RateLimiter {
  /** Counts `points` for `who`; resolves to null, or where that is too much to the seconds until it counts anew. */
  take(what: Counted, who: string, points?: number): Promise<number | null>
}

/** A Postgres that does not answer holds nobody up: this process's own count is then all there is. */
const patienceMs = 500

/**
 * Memory decides, and tells Postgres after each tenth of the limit: whoever stays far below it costs no statement, a
 * flood none either once it is refused, and P processes together let at most P tenths more through than one.
 */
export function createRateLimiter({ pool, log }: { readonly pool: Pool; readonly log: Log }): RateLimiter {
  const counters = new Map<string, Counter>()
  return {
    async take(what, who, points = 1) {
      const counter = counters.get(what.name) ?? createCounter(pool, what)
      counters.set(what.name, counter)
      const counted = await outcomeOf(counter.memory.consume(who, points))
      if (counted.isRefusal) return secondsOf(counted)
      if (what.isOfProcess) return null
      const lots = Math.floor(counted.consumedPoints / counter.lot)
      const news = (lots - Math.floor((counted.consumedPoints - points) / counter.lot)) * counter.lot
      if (news === 0) return null
      try {
        const shared = await within(patienceMs, outcomeOf(counter.shared.consume(hashOf(who), news)))
        if (!shared.isRefusal) return null
        await counter.memory.block(who, secondsOf(shared))
        return secondsOf(shared)
      } catch (error) {
        log.warn({ err: error, limit: what.name }, 'rate limits are counted by this process alone')
        return null
      }
    },
  }
}

interface Counter {
  readonly memory: RateLimiterMemory
  readonly shared: RateLimiterPostgres
  readonly lot: number
}

function createCounter(pool: Pool, { name, points, seconds }: Counted): Counter {
  const bounds = { points, duration: seconds, keyPrefix: name }
  const table = { tableName: 'rate_limits', tableCreated: true, clearExpiredByTimeout: false }
  return {
    memory: new RateLimiterMemory(bounds),
    shared: new RateLimiterPostgres({ ...bounds, ...table, storeClient: pool, storeType: 'pool' }),
    lot: Math.max(Math.floor(points / 10), 1),
  }
}

type Outcome = Pick<RateLimiterRes, 'consumedPoints' | 'msBeforeNext'> & { readonly isRefusal: boolean }

/** The library rejects with what it counted; anything else is a failure. */
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

/** An address or a person's id is nobody's business in a table that no erasure empties. */
function hashOf(who: string): string {
  return createHash('sha256').update(who).digest('base64url')
}
