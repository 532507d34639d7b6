import type { Reader } from '../database/db.ts'

const cancelled = 'Cancelled by an operator.'

/** Has these jobs run now, with all their attempts; those at work are left to it. Resolves to the ids of the others. */
export async function retryJobs(db: Reader, ids: readonly string[]): Promise<ReadonlySet<string>> {
  const rows = await db.$queryRaw<{ id: string }[]>`
    SELECT id::text FROM graphile_worker.reschedule_jobs(${[...ids]}::bigint[], run_at => now(), attempts => 0)`
  return new Set(rows.map(({ id }) => id))
}

/**
 * Has those of these jobs that wait not run any more. Their rows stay, to be looked at and retried; whoever adds a job of
 * the same key puts a new one in its place. Resolves to the ids of those that waited.
 */
export async function cancelJobs(db: Reader, ids: readonly string[]): Promise<ReadonlySet<string>> {
  const rows = await db.$queryRaw<{ id: string }[]>`
    SELECT id::text FROM graphile_worker.permanently_fail_jobs(
      ARRAY(SELECT id FROM graphile_worker._private_jobs WHERE id = ANY(${[...ids]}::bigint[]) AND is_available),
      ${cancelled})`
  return new Set(rows.map(({ id }) => id))
}
