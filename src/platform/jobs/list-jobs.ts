import { findJobs, type JobState, readJobPayload, type StoredJob } from '../compat/graphile-worker/read-jobs.ts'
import type { Reader } from '../database/db.ts'
import { type Lane, laneOf, storedPrioritiesOf } from './lanes.ts'

export type { JobState }

/** Which jobs; what is left out does not matter. */
export interface QueueFilter {
  readonly ids?: readonly string[] | undefined
  readonly state?: JobState | undefined
  readonly name?: string | undefined
  readonly lane?: Lane | undefined
}

/** A job without its payload. The lane is null where this version of the program knows none of that priority. */
export type QueueListing = Omit<StoredJob, 'priority'> & { readonly lane: Lane | null }

/** A page of jobs, by when they were added. Payloads are not read. */
export async function listJobs(
  db: Reader,
  { filter, limit, oldestFirst }: { filter: QueueFilter; limit: number; oldestFirst: boolean },
): Promise<QueueListing[]> {
  const { lane, ...rest } = filter
  const stored = { ...rest, priorities: lane && storedPrioritiesOf(lane) }
  const jobs = await findJobs(db, { filter: stored, limit, oldestFirst })
  return jobs.map(({ priority, ...job }) => ({ ...job, lane: laneOf(priority) }))
}

/** What a job was given: ids, by convention. Null where there is no such job. */
export const readPayload = readJobPayload
