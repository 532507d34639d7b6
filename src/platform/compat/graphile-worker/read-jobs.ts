import { Prisma } from '../../../generated/prisma/client.ts'
import type { Reader } from '../../database/db.ts'
import type { Queryable } from './queryable.ts'

/** The last error of a job that an operator cancelled. */
export const cancelled = 'Cancelled by an operator.'

/** Counts stop here: counting a million rows would take longer than a reader waits. */
export const countLimit = 10_000

export interface QueueReading {
  /** Jobs that are due and not running, up to 10,000. */
  readonly depth: number
  /** How long the oldest of them has been due; 0 without any. */
  readonly oldestSeconds: number
}

/** What waits at each of these priorities. One index range each, so a long queue at one costs the others nothing. */
export async function readDueJobs(
  db: Queryable,
  priorities: readonly number[],
): Promise<(QueueReading & { readonly priority: number })[]> {
  const { rows } = await db.query<QueueReading & { priority: number }>(
    `SELECT lane.priority, count(due.run_at)::int AS depth,
       coalesce(extract(epoch FROM now() - min(due.run_at)), 0)::float8 AS "oldestSeconds"
     FROM unnest($1::smallint[]) AS lane (priority) LEFT JOIN LATERAL (
       SELECT run_at FROM graphile_worker._private_jobs
       WHERE is_available AND priority = lane.priority AND run_at <= now()
       ORDER BY run_at LIMIT ${countLimit}) AS due ON true
     GROUP BY lane.priority`,
    [priorities],
  )
  return rows
}

/** How many jobs failed too often and are not tried again, up to 10,000; without those that were cancelled. */
export async function countGivenUpJobs(db: Queryable): Promise<number> {
  const { rows } = await db.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM (
       SELECT FROM graphile_worker._private_jobs
       WHERE attempts >= max_attempts AND locked_at IS NULL AND last_error IS DISTINCT FROM $1
       LIMIT ${countLimit}) AS job`,
    [cancelled],
  )
  return rows[0]?.count ?? 0
}

/** failed: it was tried as often as it may be, or cancelled, and is not tried again. */
export type JobState = 'waiting' | 'running' | 'failed'

/** Which jobs; what is left out does not matter. */
export interface JobFilter {
  readonly ids?: readonly string[] | undefined
  readonly state?: JobState | undefined
  readonly name?: string | undefined
  readonly priorities?: readonly number[] | undefined
}

/** A job without its payload. */
export interface StoredJob {
  readonly id: string
  readonly name: string
  readonly priority: number
  readonly state: JobState
  readonly attempts: number
  readonly maxAttempts: number
  readonly step: string | null
  readonly percent: number | null
  readonly finishedSteps: readonly string[]
  readonly runAt: Date
  readonly createdAt: Date
  readonly key: string | null
  readonly lockedBy: string | null
  readonly lockedAt: Date | null
  readonly cancelRequestedAt: Date | null
  readonly lastError: string | null
}

/** A page of jobs, by when they were added. Payloads and the results of steps are not read. */
export function findJobs(
  db: Reader,
  { filter, limit, oldestFirst }: { filter: JobFilter; limit: number; oldestFirst: boolean },
): Promise<StoredJob[]> {
  return db.$queryRaw`
    SELECT job.id::text, task.identifier AS name, job.priority, ${state} AS state, job.attempts,
      job.max_attempts AS "maxAttempts", progress.step, progress.percent,
      ARRAY(SELECT jsonb_object_keys(progress.steps)) AS "finishedSteps",
      job.run_at AS "runAt", job.created_at AS "createdAt", job.key, job.locked_by AS "lockedBy",
      job.locked_at AS "lockedAt", progress.cancel_requested_at AS "cancelRequestedAt", job.last_error AS "lastError"
    FROM graphile_worker._private_jobs AS job
    JOIN graphile_worker._private_tasks AS task ON task.id = job.task_id
    LEFT JOIN job_progress AS progress ON progress.job_id = job.id AND progress.revision = job.revision
    WHERE ${conditions(filter)}
    ORDER BY job.id ${oldestFirst ? Prisma.sql`ASC` : Prisma.sql`DESC`} LIMIT ${limit}`
}

const state = Prisma.sql`CASE
  WHEN job.locked_at IS NOT NULL THEN 'running' WHEN job.attempts >= job.max_attempts THEN 'failed' ELSE 'waiting' END`

function conditions({ ids, state: wanted, name, priorities }: JobFilter): Prisma.Sql {
  const all = [
    ids && Prisma.sql`job.id = ANY(${[...ids]}::bigint[])`,
    wanted && Prisma.sql`${state} = ${wanted}`,
    name !== undefined && Prisma.sql`task.identifier = ${name}`,
    priorities && Prisma.sql`job.priority = ANY(${[...priorities]}::smallint[])`,
  ].filter((condition) => condition !== undefined && condition !== false)
  return all.length === 0 ? Prisma.sql`true` : Prisma.join(all, ' AND ')
}

/** The payload of a job: ids, by convention. Null where there is no such job. */
export async function readJobPayload(db: Reader, id: string): Promise<unknown> {
  const [row] = await db.$queryRaw<{ payload: unknown }[]>`
    SELECT payload FROM graphile_worker._private_jobs WHERE id = ${id}::bigint`
  return row?.payload ?? null
}
