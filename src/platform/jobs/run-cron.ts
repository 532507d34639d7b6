import { setTimeout as sleep } from 'node:timers/promises'
import type { Pool } from 'pg'
import type { Clock } from '../clock.ts'
import { knowCronJobs } from '../compat/graphile-worker/cron-jobs.ts'
import type { Log } from '../observability/log.ts'
import { tickCron } from './cron-tick.ts'
import type { CronEntry } from './define-job.ts'

const minuteMs = 60_000
const retryMs = 5_000

export interface CronOptions {
  readonly pool: Pick<Pool, 'query'>
  readonly crontab: readonly CronEntry[]
  readonly log: Log
  /** Its end. */
  readonly signal: AbortSignal
  readonly clock: Clock
  /** Rejects when the signal is aborted. */
  readonly wait?: (ms: number, signal: AbortSignal) => Promise<unknown>
}

/**
 * Adds the jobs of the crontab when they are due, until the signal is aborted. Every worker does; the first one adds. What
 * was due while no worker ran is left out; what was due while Postgres was away, or the host slept, is added once.
 */
export async function runCron(options: CronOptions): Promise<void> {
  const { pool, crontab, log, signal, clock } = options
  const wait = options.wait ?? ((ms: number) => sleep(ms, undefined, { signal }))
  const begunAt = clock()
  const names = crontab.map(({ job }) => job.name)
  let isKnown = false
  let since = begunAt
  try {
    for (;;) {
      try {
        if (!isKnown) await knowCronJobs(pool, names, begunAt)
        isKnown = true
        const now = clock()
        await tickCron(pool, crontab, now, since)
        since = now
        // A millisecond into the next minute: a timer may fire a little early.
        await wait(minuteMs - (now.getTime() % minuteMs) + 1, signal)
      } catch (error) {
        signal.throwIfAborted()
        log.warn({ err: error }, 'the jobs of the crontab could not be added; trying again')
        await wait(retryMs, signal)
      }
    }
  } catch (error) {
    if (!signal.aborted) throw error
  }
}
