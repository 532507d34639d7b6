import type { Reader } from '../database/db.ts'

/** The last error of such a job. */
export const cancelled = 'Cancelled by an operator.'

/** Has these jobs run now, with all their attempts; those at work are left to it. Resolves to the ids of the others. */
export async function retryJobs(db: Reader, ids: readonly string[]): Promise<ReadonlySet<string>> {
  const rows = await db.$queryRaw<{ id: string }[]>`
    SELECT id::text FROM graphile_worker.reschedule_jobs(${[...ids]}::bigint[], run_at => now(), attempts => 0)`
  return new Set(rows.map(({ id }) => id))
}

/**
 * Has those of these jobs that are not at work not run any more: those that wait, and those that were given up, which
 * then count as settled. Their rows stay, to be looked at and retried; whoever adds a job of the same key puts a new one
 * in its place. Resolves to their ids.
 */
export async function cancelJobs(db: Reader, ids: readonly string[]): Promise<ReadonlySet<string>> {
  const rows = await db.$queryRaw<{ id: string }[]>`
    SELECT id::text FROM graphile_worker.permanently_fail_jobs(
      ARRAY(SELECT id FROM graphile_worker._private_jobs WHERE id = ANY(${[...ids]}::bigint[]) AND locked_at IS NULL),
      ${cancelled})`
  return new Set(rows.map(({ id }) => id))
}
