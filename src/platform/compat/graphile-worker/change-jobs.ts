import type { Reader } from '../../database/db.ts'
import { cancellationChannel } from './channels.ts'
import { cancelled } from './read-jobs.ts'

/**
 * Makes these jobs due now, with all their attempts, and forgets that they were cancelled; finished steps stay finished.
 * Running jobs do not change. Resolves to the ids of those that changed.
 */
export async function rescheduleJobs(db: Reader, ids: readonly string[]): Promise<ReadonlySet<string>> {
  const rows = await db.$queryRaw<{ id: string }[]>`
    WITH changed AS (
      SELECT id FROM graphile_worker.reschedule_jobs(${[...ids]}::bigint[], run_at => now(), attempts => 0)),
    progress AS (UPDATE job_progress SET cancel_requested_at = NULL FROM changed WHERE job_id = changed.id)
    SELECT id::text FROM changed`
  return new Set(rows.map(({ id }) => id))
}

/**
 * Cancels these jobs. Those that do not run are not tried again, and their ids are what it resolves to; the rows stay, to be
 * looked at and retried. Those that run are marked, and their workers notified. The mark comes first, so that a job that
 * is taken in between is cancelled by the worker that takes it.
 */
export async function cancelStoredJobs(db: Reader, ids: readonly string[]): Promise<ReadonlySet<string>> {
  await db.$executeRaw`
    INSERT INTO job_progress AS progress (job_id, revision, cancel_requested_at, updated_at)
    SELECT id, revision, now(), now() FROM graphile_worker._private_jobs WHERE id = ANY(${[...ids]}::bigint[])
    ON CONFLICT (job_id) DO UPDATE SET
      revision = excluded.revision, cancel_requested_at = excluded.cancel_requested_at, updated_at = excluded.updated_at,
      steps = CASE WHEN progress.revision = excluded.revision THEN progress.steps ELSE excluded.steps END`
  const rows = await db.$queryRaw<{ id: string }[]>`
    SELECT id::text FROM graphile_worker.permanently_fail_jobs(
      ARRAY(SELECT id FROM graphile_worker._private_jobs WHERE id = ANY(${[...ids]}::bigint[]) AND locked_at IS NULL),
      ${cancelled})`
  await db.$executeRaw`SELECT pg_notify(${cancellationChannel}, '')`
  return new Set(rows.map(({ id }) => id))
}

/** Removes the due job that was added first, and resolves to it: for tests, which run jobs one by one. */
export async function removeOldestDueJob(
  db: Reader,
): Promise<{ readonly name: string; readonly payload: object } | undefined> {
  const [job] = await db.$queryRaw<{ name: string; payload: object }[]>`
    DELETE FROM graphile_worker._private_jobs AS job USING graphile_worker._private_tasks AS task
    WHERE task.id = job.task_id AND job.id = (
      SELECT id FROM graphile_worker._private_jobs WHERE run_at <= now() ORDER BY id LIMIT 1)
    RETURNING task.identifier AS name, job.payload`
  return job
}
