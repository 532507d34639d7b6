import type { Pool } from 'pg'
import { remembered } from '../remembered.ts'
import type { Metrics } from '../watching/metrics.ts'
import { within } from '../within.ts'
import type { JobHandler } from './jobs.ts'
import { countGivenUp, deepest } from './read-queue.ts'

const outcomes = ['done', 'failed'] as const

/**
 * The same handlers, counted by how each attempt ended. Each begins at 0: what is first seen at 5 has not grown, as
 * Prometheus counts. The label is not `job`, which Prometheus gives to what it scrapes.
 */
export function countJobs(metrics: Metrics, handlers: readonly JobHandler[]): JobHandler[] {
  const jobs = metrics.counter('jobs_total', 'Attempts of jobs by how they ended: done, or failed (tried again).', [
    'name',
    'outcome',
  ])
  return handlers.map(({ name, run }) => {
    for (const outcome of outcomes) jobs.add({ name, outcome }, 0)
    return {
      name,
      async run(payload, attempt) {
        try {
          await run(payload, attempt)
        } catch (error) {
          jobs.add({ name, outcome: 'failed' })
          throw error
        }
        jobs.add({ name, outcome: 'done' })
      },
    }
  })
}

/** They have no index of their own: Postgres looks at every job, 0.12 s for 300,000. */
const givenUpCacheMs = 60_000
const readMs = 1_000

/** Shows how many jobs wait for somebody to look at them. */
export function watchGivenUpJobs(metrics: Metrics, pool: Pick<Pool, 'query'>): void {
  const givenUp = remembered(givenUpCacheMs, () => within(readMs, countGivenUp(pool)))
  const help = `Jobs that failed too often and are not tried again, up to ${deepest}; the same in each process.`
  metrics.readGauge({ name: 'jobs_given_up', help }, async () => [{ labels: {}, value: await givenUp() }])
}
