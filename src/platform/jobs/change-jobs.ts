import { cancelStoredJobs, rescheduleJobs } from '../compat/graphile-worker/change-jobs.ts'
import type { Reader } from '../database/db.ts'

/**
 * Makes these jobs due now, with all their attempts; steps that are finished are not done again. Running jobs do not
 * change. Resolves to the ids of those that changed.
 */
export function retryJobs(db: Reader, ids: readonly string[]): Promise<ReadonlySet<string>> {
  return rescheduleJobs(db, ids)
}

/**
 * Cancels these jobs: those that wait, and those that have failed permanently, which are no longer counted as failed.
 * Their ids are what it resolves to. The rows stay, to be looked at and retried; a job that is added with the same key
 * replaces one. Running jobs are told to end, within about a second; they end as cancelled when their handler ends.
 */
export function cancelJobs(db: Reader, ids: readonly string[]): Promise<ReadonlySet<string>> {
  return cancelStoredJobs(db, ids)
}
