import { parseCronItem } from 'graphile-worker'
import type { NewJob } from './add-jobs.ts'
import type { Queryable } from './queryable.ts'

/** A test of whether a schedule is due in the UTC minute of an instant. Throws for a schedule that is none. */
export function cronMatcher(schedule: string): (at: Date) => boolean {
  const { match } = parseCronItem({ task: 'due', match: schedule })
  return (at) =>
    match({
      min: at.getUTCMinutes(),
      hour: at.getUTCHours(),
      date: at.getUTCDate(),
      month: at.getUTCMonth() + 1,
      dow: at.getUTCDay(),
    })
}

/** Stores since when these entries of the crontab are known, so that nothing is due from before. */
export async function knowCronJobs(db: Queryable, names: readonly string[], since: Date): Promise<void> {
  await db.query(
    `INSERT INTO graphile_worker._private_known_crontabs (identifier, known_since)
     SELECT unnest($1::text[]), $2 ON CONFLICT DO NOTHING`,
    [names, since],
  )
}

/**
 * Adds the job of a crontab entry that was due at `due`, unless it was added for that instant or a later one. One row
 * waits however often it was due, and keeps the instant since when it is; a running job gets another one beside it.
 */
export async function addCronJob(
  db: Queryable,
  { name, due, maxAttempts, priority }: Pick<NewJob, 'name' | 'maxAttempts' | 'priority'> & { readonly due: Date },
): Promise<boolean> {
  const { rowCount } = await db.query(
    `WITH first AS (
       INSERT INTO graphile_worker._private_known_crontabs AS known (identifier, known_since, last_execution)
       VALUES ($1, $2, $2)
       ON CONFLICT (identifier) DO UPDATE SET last_execution = excluded.last_execution
       WHERE coalesce(known.last_execution, known.known_since) < excluded.last_execution
       RETURNING identifier)
     SELECT graphile_worker.add_job(identifier, '{}', job_key => identifier, job_key_mode => 'preserve_run_at',
       max_attempts => $3, priority => $4)
     FROM first`,
    [name, due, maxAttempts, priority],
  )
  return rowCount === 1
}
