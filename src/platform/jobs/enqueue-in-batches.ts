import type { Database, Tx } from '../database/db.ts'
import { inBatches } from '../database/in-batches.ts'
import { enqueueMany, type JobOfMany, type JobType } from './define-job.ts'

/** A row that a sweep found, and its place in the order of the sweep. */
export interface SweptRow {
  readonly id: string
  readonly at: Date
}

export interface RowsToEnqueue<Payload> {
  /** The first rows after this one that need a job, by `at` and `id`; without one the first of all. */
  find(tx: Tx, last: SweptRow | undefined, size: number): Promise<SweptRow[]>
  jobOf(row: SweptRow): JobOfMany<Payload>
  /** Of the job that sweeps. */
  readonly signal: AbortSignal
}

const batchSize = 1_000

/**
 * Adds a job for every row that a sweep finds, 1,000 in a transaction, until it finds no more or five minutes have passed.
 * Each row is looked at once in a run. A job that waits with the same key is replaced.
 */
export async function enqueueInBatches<Payload>(
  db: Database,
  job: JobType<Payload>,
  { find, jobOf, signal }: RowsToEnqueue<Payload>,
): Promise<number> {
  let last: SweptRow | undefined
  return inBatches({ size: batchSize, signal }, async (size) => {
    const rows = await db.transaction(async (tx) => {
      // Two concurrent runs find the same rows, and add_jobs locks the keys in no defined order. The lock prevents deadlocks.
      await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${job.name}, 0))`
      const found = await find(tx, last, size)
      await enqueueMany(tx, job, found.map(jobOf))
      return found
    })
    last = rows.at(-1)
    return rows.length
  })
}
