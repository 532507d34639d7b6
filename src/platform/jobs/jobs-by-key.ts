import { Prisma } from '../../generated/prisma/client.ts'
import type { Reader } from '../database/db.ts'
import type { JobType } from './define-job.ts'

/*
 * Sweeps compare rows with the jobs that belong to them. A key is SQL for what `enqueue` got as `key`: a column of the row.
 * Each condition reads one row of the queue, by the unique index on its key.
 */

type Named = Pick<JobType<never>, 'name'>

const withKey = ({ name }: Named, key: Prisma.Sql) =>
  Prisma.sql`FROM graphile_worker.jobs WHERE key = ${`${name}:`} || ${key}`

const isFailed = Prisma.sql`attempts >= max_attempts AND locked_at IS NULL`

/** SQL: the queue contains this job, in whatever state. */
export function hasJob(job: Named, key: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`EXISTS (SELECT ${withKey(job, key)})`
}

/** SQL: the queue contains this job, and all its attempts have failed or it was cancelled. */
export function hasFailedJob(job: Named, key: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`EXISTS (SELECT ${withKey(job, key)} AND ${isFailed})`
}

/** SQL: this job waits or runs. */
export function hasUnfinishedJob(job: Named, key: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`EXISTS (SELECT ${withKey(job, key)} AND NOT (${isFailed}))`
}

/** SQL: this job runs, or waits and is due. */
export function hasDueJob(job: Named, key: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`EXISTS (SELECT ${withKey(job, key)} AND NOT (${isFailed}) AND (locked_at IS NOT NULL OR run_at <= now()))`
}

/** The keys of failed jobs of one type, in order. */
export async function findFailedJobs(db: Reader, { name }: Named, limit: number): Promise<string[]> {
  const prefix = `${name}:`
  const rows = await db.$queryRaw<{ key: string }[]>`
    SELECT substr(key, length(${prefix}) + 1) AS key FROM graphile_worker.jobs
    WHERE starts_with(key, ${prefix}) AND ${isFailed} ORDER BY jobs.key LIMIT ${limit}`
  return rows.map(({ key }) => key)
}
