import type { Queryable } from './queryable.ts'

export interface HeldJob {
  readonly id: string
  readonly revision: number
  readonly isCancelled: boolean
}

/** Which of these jobs the worker still holds, and whether an operator has cancelled them. */
export async function readHeldJobs(db: Queryable, worker: string, ids: readonly string[]): Promise<HeldJob[]> {
  const { rows } = await db.query<HeldJob>(
    `SELECT job.id::text, job.revision, progress.cancel_requested_at IS NOT NULL AS "isCancelled"
     FROM graphile_worker._private_jobs AS job
     LEFT JOIN job_progress AS progress ON progress.job_id = job.id AND progress.revision = job.revision
     WHERE job.id = ANY ($2::bigint[]) AND job.locked_by = $1`,
    [worker, ids],
  )
  return rows
}

/** Unlocks every job of these workers: others take them at once. The attempts count, as those of a killed worker do. */
export async function unlockWorkers(db: Queryable, workers: readonly string[]): Promise<void> {
  await db.query('SELECT graphile_worker.force_unlock_workers($1::text[])', [workers])
}

/** The workers that have held a job for so long and have written no heartbeat since. */
export async function findSilentWorkers(db: Queryable, silentMs: number): Promise<string[]> {
  const { rows } = await db.query<{ worker: string }>(
    `SELECT DISTINCT locked_by AS worker FROM graphile_worker._private_jobs
     WHERE locked_at < now() - $1 * interval '1 ms' AND NOT EXISTS (
       SELECT FROM worker_heartbeats WHERE worker_id = locked_by AND seen_at > now() - $1 * interval '1 ms')`,
    [silentMs],
  )
  return rows.map(({ worker }) => worker)
}

/**
 * Unlocks the jobs that a worker has held for so long and does not know of, all but `known`: the answer that brought them
 * was lost with its connection. Resolves to their ids.
 */
export async function unlockUnknownJobs(
  db: Queryable,
  worker: string,
  { known, heldMs }: { readonly known: readonly string[]; readonly heldMs: number },
): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    `UPDATE graphile_worker._private_jobs SET locked_by = NULL, locked_at = NULL
     WHERE locked_by = $1 AND locked_at < now() - $2 * interval '1 ms' AND id <> ALL ($3::bigint[])
     RETURNING id::text`,
    [worker, heldMs, known],
  )
  return rows.map(({ id }) => id)
}
