import type { Pool } from 'pg'
import { memoize } from '../memoize.ts'
import type { Metrics } from '../observability/metrics.ts'
import { withTimeout } from '../with-timeout.ts'
import type { JobHandler } from './define-job.ts'
import { abortReasonOf } from './job-run.ts'
import { countGivenUp, countLimit } from './read-queue.ts'

const outcomes = ['done', 'failed', 'returned', 'cancelled'] as const

/**
 * The same handlers, counted by how each attempt ended. Each count begins at 0: Prometheus takes what it first sees at 5
 * for no growth. The label is not `job`, which Prometheus itself gives to what it scrapes.
 */
export function countJobs(metrics: Metrics, handlers: readonly JobHandler[]): JobHandler[] {
  const help =
    'Attempts of jobs by how they ended: done, failed (tried again), returned (the worker stopped) or cancelled.'
  const jobs = metrics.counter('jobs_total', help, ['name', 'outcome'])
  return handlers.map((handler) => {
    const { name } = handler
    for (const outcome of outcomes) jobs.add({ name, outcome }, 0)
    return {
      ...handler,
      async run(payload, attempt) {
        try {
          await handler.run(payload, attempt)
        } catch (error) {
          jobs.add({ name, outcome: outcomeOf(attempt.signal) })
          throw error
        }
        jobs.add({ name, outcome: 'done' })
      },
    }
  })
}

function outcomeOf(signal: AbortSignal): (typeof outcomes)[number] {
  const reason = abortReasonOf(signal)
  if (reason === 'shutdown') return 'returned'
  return reason === 'cancelled' ? 'cancelled' : 'failed'
}

/** Without an index of their own: Postgres reads every job, 0.12 s for 300,000. */
const givenUpCacheMs = 60_000
const readMs = 1_000

/** Shows how many jobs failed for the last time. */
export function observeFailedJobs(metrics: Metrics, pool: Pick<Pool, 'query'>): void {
  const givenUp = memoize(givenUpCacheMs, () => withTimeout(readMs, countGivenUp(pool)))
  const help = `Jobs that failed too often and are not tried again, up to ${countLimit}; the same in each process.`
  metrics.readGauge({ name: 'jobs_given_up', help }, async () => [{ labels: {}, value: await givenUp() }])
}
