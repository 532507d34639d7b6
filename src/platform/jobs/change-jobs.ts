import { cancelStoredJobs, rescheduleJobs } from '../compat/graphile-worker.ts'
import type { Reader } from '../database/db.ts'

/**
 * Makes these jobs due now, with all their attempts; steps that are finished are not done again. Jobs at work do not
 * change. Resolves to the ids of those that changed.
 */
export function retryJobs(db: Reader, ids: readonly string[]): Promise<ReadonlySet<string>> {
  return rescheduleJobs(db, ids)
}

/**
 * Cancels these jobs: those that wait, and those that were given up, which no longer count as given up. Their ids are what
 * it resolves to. The rows stay, to be looked at and retried; a job that is added with the same key replaces one. Jobs at
 * work are told to end, within about a second; they end as cancelled when their handler heeds its signal.
 */
export function cancelJobs(db: Reader, ids: readonly string[]): Promise<ReadonlySet<string>> {
  return cancelStoredJobs(db, ids)
}
