import { Prisma } from '../../generated/prisma/client.ts'
import type { Reader } from '../database/db.ts'

/** failed: it was tried as often as it may be, or cancelled, and nobody takes it up again. */
export type QueueState = 'waiting' | 'running' | 'failed'

/** Which jobs; what is left out does not matter. */
export interface QueueFilter {
  readonly ids?: readonly string[] | undefined
  readonly state?: QueueState | undefined
  readonly name?: string | undefined
}

/** A job without its payload. */
export interface QueueListing {
  readonly id: string
  readonly name: string
  readonly state: QueueState
  readonly attempts: number
  readonly maxAttempts: number
  readonly runAt: Date
  readonly createdAt: Date
  readonly key: string | null
  readonly lockedBy: string | null
  readonly lockedAt: Date | null
  readonly lastError: string | null
}

/** A page of jobs, by when they were added. Payloads are not even read. */
export function listJobs(
  db: Reader,
  { filter, limit, oldestFirst }: { filter: QueueFilter; limit: number; oldestFirst: boolean },
): Promise<QueueListing[]> {
  return db.$queryRaw`
    SELECT job.id::text, task.identifier AS name, ${state} AS state, job.attempts, job.max_attempts AS "maxAttempts",
      job.run_at AS "runAt", job.created_at AS "createdAt", job.key, job.locked_by AS "lockedBy",
      job.locked_at AS "lockedAt", job.last_error AS "lastError"
    FROM graphile_worker._private_jobs AS job
    JOIN graphile_worker._private_tasks AS task ON task.id = job.task_id
    WHERE ${conditions(filter)}
    ORDER BY job.id ${oldestFirst ? Prisma.sql`ASC` : Prisma.sql`DESC`} LIMIT ${limit}`
}

/** What a job was given: ids, by the rule of the house. Null where there is no such job. */
export async function readPayload(db: Reader, id: string): Promise<unknown> {
  const [row] = await db.$queryRaw<{ payload: unknown }[]>`
    SELECT payload FROM graphile_worker._private_jobs WHERE id = ${id}::bigint`
  return row?.payload ?? null
}

const state = Prisma.sql`CASE
  WHEN job.locked_at IS NOT NULL THEN 'running' WHEN job.attempts >= job.max_attempts THEN 'failed' ELSE 'waiting' END`

function conditions({ ids, state: wanted, name }: QueueFilter): Prisma.Sql {
  const all = [
    ids && Prisma.sql`job.id = ANY(${[...ids]}::bigint[])`,
    wanted && Prisma.sql`${state} = ${wanted}`,
    name !== undefined && Prisma.sql`task.identifier = ${name}`,
  ].filter((condition) => condition !== undefined && condition !== false)
  return all.length === 0 ? Prisma.sql`true` : Prisma.join(all, ' AND ')
}
