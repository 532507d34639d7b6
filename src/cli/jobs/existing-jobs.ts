import type { Reader } from '../../platform/database/db.ts'
import { listJobs, type QueueListing } from '../../platform/jobs/list-jobs.ts'

/** The jobs with these ids. Throws where there is none with one of them, before anything is done with the others. */
export async function existingJobs(db: Reader, ids: readonly string[]): Promise<QueueListing[]> {
  const numbers = ids.filter((id) => /^\d{1,18}$/.test(id))
  const jobs = await listJobs(db, { filter: { ids: numbers }, limit: numbers.length, oldestFirst: true })
  const known = new Set(jobs.map(({ id }) => id))
  const unknown = ids.filter((id) => !known.has(id))
  if (unknown.length === 0) return jobs
  throw new Error(
    `There is no job ${unknown.join(', ')}: those that are done are not kept. \`jobs list\` shows the others.`,
  )
}
