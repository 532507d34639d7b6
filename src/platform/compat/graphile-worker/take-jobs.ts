import type { Queryable } from './queryable.ts'
import { takesTurns, turnPriority } from './turns.ts'

export interface TakenJob {
  readonly id: string
  readonly name: string
  readonly payload: unknown
  readonly priority: number
  /** Of this attempt, from 1. */
  readonly attempt: number
  readonly maxAttempts: number
  readonly revision: number
  /** The results of the steps that earlier attempts finished. */
  readonly steps: Readonly<Record<string, unknown>>
  /** An operator cancelled it while the worker before held it. */
  readonly isCancelled: boolean
}

/** Free slots, and the priorities of the jobs that may use them, in the order in which they do. */
export interface FreeSlots {
  readonly slots: number
  readonly priorities: readonly number[]
}

const jobsWithNames = 'ARRAY(SELECT id FROM graphile_worker._private_tasks WHERE identifier = ANY ($5::text[]))'

/**
 * Takes as many jobs as there are free slots, by the order of their priorities and within one those that have been due
 * longest, and locks them for the worker. Only jobs with these names: another version of the program may know others. One
 * index range per priority, read only while slots are left.
 *
 * Of the priority of turns it takes one job per owner, in the order of turns, unless a job of that owner runs. Two workers
 * cannot take jobs of one owner: each locks the owner's turn and changes it, and the second then finds another revision
 * than its snapshot has, or the lock.
 */
export async function takeJobs(
  db: Queryable,
  worker: string,
  free: readonly FreeSlots[],
  names: readonly string[],
): Promise<TakenJob[]> {
  const ranges = free.flatMap(({ priorities }, index) => priorities.map((priority) => ({ free: index + 1, priority })))
  const { rows } = await db.query<TakenJob>({
    name: 'take-jobs',
    text: `
      WITH due AS (
        SELECT job.id FROM unnest($2::int[]) WITH ORDINALITY AS free (slots, number) CROSS JOIN LATERAL (
          SELECT next.id FROM unnest($3::int[], $4::smallint[]) AS range (free, priority) CROSS JOIN LATERAL (
            SELECT id FROM (
              SELECT id FROM graphile_worker._private_jobs
              WHERE range.priority <> ${turnPriority} AND is_available AND priority = range.priority AND run_at <= now()
                AND task_id = ANY (${jobsWithNames})
              ORDER BY run_at LIMIT free.slots FOR UPDATE SKIP LOCKED) AS longest_due
            UNION ALL
            SELECT id FROM (
              SELECT first.id FROM job_turns AS turn CROSS JOIN LATERAL (
                SELECT id FROM graphile_worker._private_jobs
                WHERE ${takesTurns} AND payload ->> 'userId' = turn.owner AND is_available AND run_at <= now()
                  AND task_id = ANY (${jobsWithNames})
                ORDER BY run_at LIMIT 1 FOR UPDATE SKIP LOCKED) AS first
              WHERE range.priority = ${turnPriority}
                AND (SELECT locked_at FROM graphile_worker._private_jobs WHERE id = turn.job_id) IS NULL
                AND turn.revision = (SELECT revision FROM job_turns WHERE owner = turn.owner)
              ORDER BY turn.turn_at LIMIT free.slots FOR UPDATE OF turn SKIP LOCKED) AS next_owner) AS next
          WHERE range.free = free.number LIMIT free.slots) AS job),
      taken AS (
        UPDATE graphile_worker._private_jobs AS job
        SET attempts = job.attempts + 1, locked_by = $1, locked_at = now()
        WHERE job.id = ANY (ARRAY(SELECT id FROM due))
        RETURNING job.*),
      turns AS (
        UPDATE job_turns AS turn SET turn_at = clock_timestamp(), revision = turn.revision + 1, job_id = taken.id
        FROM taken WHERE taken.priority = ${turnPriority} AND turn.owner = taken.payload ->> 'userId')
      SELECT taken.id::text, task.identifier AS name, taken.payload, taken.priority, taken.attempts AS attempt,
        taken.max_attempts AS "maxAttempts", taken.revision, coalesce(progress.steps, '{}') AS steps,
        progress.cancel_requested_at IS NOT NULL AS "isCancelled"
      FROM taken
      JOIN graphile_worker._private_tasks AS task ON task.id = taken.task_id
      LEFT JOIN job_progress AS progress ON progress.job_id = taken.id AND progress.revision = taken.revision
      ORDER BY taken.run_at, taken.id`,
    values: [
      worker,
      free.map(({ slots }) => slots),
      ranges.map((range) => range.free),
      ranges.map(({ priority }) => priority),
      names,
    ],
  })
  return rows
}
