import { Prisma } from '../../../generated/prisma/client.ts'
import type { Tx } from '../../database/db.ts'
import { addTurns, turnPriority } from './turns.ts'

export interface NewJob {
  readonly name: string
  /** JSON. */
  readonly payload: string
  readonly runAt: Date | null
  readonly key: string | null
  readonly maxAttempts: number
  readonly priority: number
}

/** Adds a job in this transaction. One with the same key that waits is replaced. */
export async function addJob(tx: Tx, { name, payload, runAt, key, maxAttempts, priority }: NewJob): Promise<void> {
  await tx.$executeRaw`
    ${priority === turnPriority ? Prisma.sql`WITH turn AS (${addTurns([payload])})` : Prisma.empty}
    SELECT graphile_worker.add_job(
      ${name}, ${payload}::json, run_at => ${runAt}::timestamptz, job_key => ${key}::text,
      max_attempts => ${maxAttempts}::int, priority => ${priority}::int)`
}

export type NewJobOfMany = Pick<NewJob, 'payload' | 'runAt' | 'priority'> & { readonly key: string }

/** Adds many jobs of one name in one statement. No key may occur twice. */
export async function addJobs(
  tx: Tx,
  { name, maxAttempts }: Pick<NewJob, 'name' | 'maxAttempts'>,
  items: readonly NewJobOfMany[],
): Promise<void> {
  const payloads = items.map(({ payload }) => payload)
  const keys = items.map(({ key }) => key)
  const times = items.map(({ runAt }) => runAt)
  const priorities = items.map(({ priority }) => priority)
  const taking = items.flatMap(({ payload, priority }) => (priority === turnPriority ? payload : []))
  await tx.$executeRaw`
    ${taking.length > 0 ? Prisma.sql`WITH turn AS (${addTurns(taking)})` : Prisma.empty}
    SELECT graphile_worker.add_jobs(ARRAY(
      SELECT (${name}, payload::json, NULL, run_at, ${maxAttempts}::int, key, priority, NULL)::graphile_worker.job_spec
      FROM unnest(${payloads}::text[], ${keys}::text[], ${times}::timestamptz[], ${priorities}::smallint[])
        AS item (payload, key, run_at, priority)))`
}
