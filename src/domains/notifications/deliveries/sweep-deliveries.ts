import { Prisma } from '../../../generated/prisma/client.ts'
import type { Database } from '../../../platform/database/db.ts'
import { enqueueInBatches } from '../../../platform/jobs/enqueue-in-batches.ts'
import { hasUnfinishedJob } from '../../../platform/jobs/jobs-by-key.ts'
import { deliver } from '../job-types.ts'

/** A job that is due is usually taken within this time. */
const lateMs = 120_000

/** Adds a job for each delivery that is overdue and has none, since it was lost or has given up. */
export async function sweepDeliveries(db: Database, now: Date, signal: AbortSignal): Promise<void> {
  const before = new Date(now.getTime() - lateMs)
  const owners = new Map<string, string>()
  await enqueueInBatches(db, deliver, {
    signal,
    async find(tx, last, size) {
      const isAfter = last
        ? Prisma.sql`(next_step_at, id) > (${last.at}::timestamptz, ${last.id}::uuid)`
        : Prisma.sql`true`
      const rows = await tx.$queryRaw<{ id: string; at: Date; userId: string }[]>`
        SELECT id, next_step_at AS at, user_id AS "userId" FROM notifications
        WHERE next_step_at < ${before}::timestamptz AND ${isAfter}
          AND NOT ${hasUnfinishedJob(deliver, Prisma.sql`notifications.id`)}
        ORDER BY next_step_at, id LIMIT ${size}`
      owners.clear()
      for (const { id, userId } of rows) owners.set(id, userId)
      return rows
    },
    jobOf: ({ id }) => ({ payload: { userId: owners.get(id) ?? '', notificationId: id }, key: id }),
  })
}
