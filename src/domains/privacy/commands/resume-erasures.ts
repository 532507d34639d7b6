import { Prisma } from '../../../generated/prisma/client.ts'
import type { Database, Tx } from '../../../platform/database/db.ts'
import { inBatches } from '../../../platform/database/in-batches.ts'
import { enqueueMany, type JobType } from '../../../platform/jobs/define-job.ts'
import { findFailedJobs, hasUnfinishedJob } from '../../../platform/jobs/jobs-by-key.ts'
import { eraseStragglers, eraseUser } from '../job-types.ts'

const batchSize = 1_000

/**
 * Enqueues a job for each user who is DELETING without one, and for each tombstone whose job for late rows has failed
 * permanently. The job key prevents duplicates. An erasure is retried without an end: Clerk or the bucket can be
 * unavailable for longer than the attempts of one job.
 */
export async function resumeErasures(db: Database): Promise<void> {
  await resumeInBatches(db, eraseUser, findWithoutErasure)
  await resumeInBatches(db, eraseStragglers, findFailedLateErasures)
}

interface UserRef {
  readonly userId: string
}

/** A user who got a job is not found again, so each batch finds other users. */
async function resumeInBatches(
  db: Database,
  job: JobType<UserRef>,
  find: (tx: Tx, size: number) => Promise<UserRef[]>,
): Promise<void> {
  await inBatches({ size: batchSize }, (size) =>
    db.transaction(async (tx) => {
      // Two concurrent runs find the same users, and add_jobs locks the keys in no defined order. The lock prevents deadlocks.
      await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${job.name}, 0))`
      const users = await find(tx, size)
      const jobs = users.map(({ userId }) => ({ payload: { userId }, key: userId }))
      await enqueueMany(tx, job, jobs)
      return users.length
    }),
  )
}

function findWithoutErasure(tx: Tx, size: number): Promise<UserRef[]> {
  return tx.$queryRaw`
    SELECT id AS "userId" FROM users
    WHERE standing = 'DELETING' AND NOT ${hasUnfinishedJob(eraseUser, Prisma.sql`users.id`)}
    ORDER BY id LIMIT ${size}`
}

async function findFailedLateErasures(tx: Tx, size: number): Promise<UserRef[]> {
  const userIds = await findFailedJobs(tx, eraseStragglers, size)
  return userIds.map((userId) => ({ userId }))
}
