import type { Database } from '../../../platform/database/db.ts'
import { inBatches } from '../../../platform/database/in-batches.ts'

const keptDays = 90
const batchSize = 1_000

/** Deletes notifications after 90 days, with their deliveries. Those that were not read no longer count as unread. */
export async function pruneNotifications(db: Database, now: Date): Promise<void> {
  const before = new Date(now.getTime() - keptDays * 86_400_000)
  await inBatches({ size: batchSize }, (size) =>
    db.transaction(async (tx) => {
      const old = await tx.notification.findMany({
        where: { createdAt: { lt: before } },
        select: { userId: true, id: true },
        orderBy: { createdAt: 'asc' },
        take: size,
      })
      // As notifyUsers and markRead do, the inboxes are locked before the notifications.
      await tx.$executeRaw`
        SELECT FROM notification_inboxes WHERE user_id = ANY(${old.map(({ userId }) => userId)}::uuid[])
        ORDER BY user_id FOR UPDATE`
      await tx.$executeRaw`
        WITH deleted AS (
          DELETE FROM notifications WHERE id = ANY(${old.map(({ id }) => id)}::uuid[]) RETURNING user_id, read_at),
        unread AS (SELECT user_id, count(*)::int AS count FROM deleted WHERE read_at IS NULL GROUP BY user_id)
        UPDATE notification_inboxes AS inbox SET unread_count = unread_count - unread.count
        FROM unread WHERE inbox.user_id = unread.user_id`
      return old.length
    }),
  )
}
