import { queueChannels } from './channels.ts'
import { isLocked, type JobLock, lockOf } from './job-lock.ts'
import type { Queryable } from './queryable.ts'
import { cancelled } from './read-jobs.ts'
import { endTurnOf } from './turns.ts'

/** Removes a job that is done, and its progress. False when the lock is lost: nothing changes then. */
export async function completeJob(db: Queryable, lock: JobLock): Promise<boolean> {
  const { rowCount } = await db.query({
    name: 'complete-job',
    text: `
      WITH done AS (DELETE FROM graphile_worker._private_jobs WHERE ${isLocked} RETURNING id, priority, payload),
      progress AS (DELETE FROM job_progress USING done WHERE job_id = done.id),
      turn AS (${endTurnOf('done')})
      SELECT FROM done`,
    values: lockOf(lock),
  })
  return rowCount === 1
}

/** Unlocks a job whose attempt failed; it is due again after `retryMs`, unless that was its last attempt. */
export async function failJob(
  db: Queryable,
  lock: JobLock,
  { error, retryMs }: { readonly error: string; readonly retryMs: number },
): Promise<boolean> {
  const { rowCount } = await db.query(
    `WITH failed AS (
       UPDATE graphile_worker._private_jobs
       SET last_error = $4, run_at = now() + $5 * interval '1 ms', locked_by = NULL, locked_at = NULL, updated_at = now()
       WHERE ${isLocked} RETURNING priority, payload),
     turn AS (${endTurnOf('failed')})
     SELECT FROM failed`,
    [...lockOf(lock), error, retryMs],
  )
  return rowCount === 1
}

/** Unlocks a job that an operator cancelled while it ran. It is not tried again, and can be retried by hand. */
export async function failCancelledJob(db: Queryable, lock: JobLock): Promise<boolean> {
  const { rowCount } = await db.query(
    `UPDATE graphile_worker._private_jobs
     SET last_error = $4, attempts = max_attempts, locked_by = NULL, locked_at = NULL, updated_at = now()
     WHERE ${isLocked}`,
    [...lockOf(lock), cancelled],
  )
  return rowCount === 1
}

/**
 * Unlocks a job that its worker could not finish, without counting the attempt: another worker takes it at once. A job
 * that was added anew while this one ran replaces it (the library then uses up its attempts), so it is removed.
 */
export async function returnJob(db: Queryable, lock: JobLock, attempt: number): Promise<boolean> {
  const { rowCount } = await db.query(
    `WITH replaced AS (DELETE FROM graphile_worker._private_jobs WHERE ${isLocked} AND attempts <> $4 RETURNING id),
     returned AS (
       UPDATE graphile_worker._private_jobs
       SET attempts = attempts - 1, locked_by = NULL, locked_at = NULL, updated_at = now()
       WHERE ${isLocked} AND attempts = $4 RETURNING id)
     SELECT NULL FROM replaced UNION ALL
     SELECT pg_notify('${queueChannels.added}', '{"count":1}')::text FROM returned`,
    [...lockOf(lock), attempt],
  )
  return rowCount === 1
}
