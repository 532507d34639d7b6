import { isLocked, type JobLock, lockOf } from './job-lock.ts'
import type { Queryable } from './queryable.ts'
import { countLimit } from './read-jobs.ts'

/*
 * job_progress is our table. A row counts only for the revision of its job: the library increments that when a job is
 * added again over one that waits, which may then be about other data.
 */

export interface JobProgress {
  /** The step that is running. */
  readonly step: string | null
  readonly percent: number | null
  /** A step that has finished since the last time; its result is JSON. */
  readonly finished?: { readonly step: string; readonly result: string }
}

/** Stores how far a job has come. False when the lock is lost: nothing changes then. */
export async function saveProgress(
  db: Queryable,
  lock: JobLock,
  { step, percent, finished }: JobProgress,
): Promise<boolean> {
  const isSame = 'progress.revision = excluded.revision'
  const { rowCount } = await db.query(
    `INSERT INTO job_progress AS progress (job_id, revision, steps, step, percent, updated_at)
     SELECT id, revision, CASE WHEN $6::text IS NULL THEN '{}' ELSE jsonb_build_object($6::text, $7::jsonb) END,
       $4, $5::smallint, now()
     FROM graphile_worker._private_jobs WHERE ${isLocked}
     ON CONFLICT (job_id) DO UPDATE SET
       revision = excluded.revision, step = excluded.step, percent = excluded.percent, updated_at = excluded.updated_at,
       steps = CASE WHEN ${isSame} THEN progress.steps || excluded.steps ELSE excluded.steps END,
       cancel_requested_at = CASE WHEN ${isSame} THEN progress.cancel_requested_at END`,
    [...lockOf(lock), step, percent, finished?.step ?? null, finished?.result ?? null],
  )
  return rowCount === 1
}

/** Removes the progress of jobs that are no longer in the queue: they were removed by other means than completeJob. */
export async function pruneProgress(db: Queryable): Promise<void> {
  await db.query(
    `DELETE FROM job_progress WHERE job_id IN (
       SELECT job_id FROM job_progress WHERE NOT EXISTS (
         SELECT FROM graphile_worker._private_jobs WHERE id = job_id) LIMIT ${countLimit})`,
  )
}
