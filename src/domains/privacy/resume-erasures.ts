import type { Database, Tx } from '../../platform/database/db.ts'
import { inBatches } from '../../platform/database/in-batches.ts'
import { enqueueMany, type JobType } from '../../platform/queue/jobs.ts'
import { eraseStragglers, eraseUser } from './jobs.ts'

const batchSize = 1_000

/**
 * People who are DELETING although no job erases them get one, as do tombstones whose last look failed each time; the
 * key makes it one. An erasure is never given up: Clerk or the bucket may be away for longer than a job is tried.
 */
export async function resumeErasures(db: Database): Promise<void> {
  await resumeInBatches(db, eraseUser, withoutErasure)
  await resumeInBatches(db, eraseStragglers, withoutLook)
}

interface Person {
  readonly userId: string
}

/** Who got a job is not found again, so each batch finds others. */
async function resumeInBatches(
  db: Database,
  job: JobType<Person>,
  find: (tx: Tx, size: number) => Promise<Person[]>,
): Promise<void> {
  await inBatches({ size: batchSize }, (size) =>
    db.transaction(async (tx) => {
      // Two runs at once find the same people, and add_jobs locks many keys in an order of its own: one after the other.
      await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${job.name}, 0))`
      const people = await find(tx, size)
      const jobs = people.map(({ userId }) => ({ payload: { userId }, key: userId }))
      await enqueueMany(tx, job, jobs)
      return people.length
    }),
  )
}

function withoutErasure(tx: Tx, size: number): Promise<Person[]> {
  return tx.$queryRaw`
    SELECT id AS "userId" FROM users
    WHERE standing = 'DELETING' AND NOT EXISTS (
      SELECT FROM graphile_worker.jobs
      WHERE key = ${`${eraseUser.name}:`} || users.id AND (attempts < max_attempts OR locked_at IS NOT NULL))
    ORDER BY id LIMIT ${size}`
}

function withoutLook(tx: Tx, size: number): Promise<Person[]> {
  const prefix = `${eraseStragglers.name}:`
  return tx.$queryRaw`
    SELECT substr(key, length(${prefix}) + 1) AS "userId" FROM graphile_worker.jobs
    WHERE starts_with(key, ${prefix}) AND attempts >= max_attempts AND locked_at IS NULL
    ORDER BY key LIMIT ${size}`
}
