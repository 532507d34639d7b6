import type { Database } from '../../platform/database/db.ts'
import { enqueue } from '../../platform/queue/jobs.ts'
import { eraseStragglers, eraseUser } from './jobs.ts'

const batchSize = 1_000

/**
 * People who are DELETING although no job erases them get one, as do tombstones whose last look failed each time; the
 * key makes it one. An erasure is never given up: Clerk or the bucket may be away for longer than a job is tried.
 */
export async function resumeErasures(db: Database): Promise<void> {
  await db.transaction(async (tx) => {
    const people = await tx.$queryRaw<{ userId: string }[]>`
      SELECT id AS "userId" FROM users
      WHERE standing = 'DELETING' AND NOT EXISTS (
        SELECT FROM graphile_worker.jobs
        WHERE key = ${`${eraseUser.name}:`} || users.id AND (attempts < max_attempts OR locked_at IS NOT NULL))
      LIMIT ${batchSize}`
    for (const { userId } of people) await enqueue(tx, eraseUser, { userId }, { key: userId })

    const prefix = `${eraseStragglers.name}:`
    const looks = await tx.$queryRaw<{ userId: string }[]>`
      SELECT substr(key, length(${prefix}) + 1) AS "userId" FROM graphile_worker.jobs
      WHERE starts_with(key, ${prefix}) AND attempts >= max_attempts AND locked_at IS NULL
      LIMIT ${batchSize}`
    for (const { userId } of looks) await enqueue(tx, eraseStragglers, { userId }, { key: userId })
  })
}
