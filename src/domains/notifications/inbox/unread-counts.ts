import type { Reader } from '../../../platform/database/db.ts'

/** How many notifications of each user are unread, by their ids: one row for each, however many notifications they have. */
export async function unreadCountsOf(db: Reader, userIds: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const rows = await db.notificationInbox.findMany({
    where: { userId: { in: [...userIds] } },
    select: { userId: true, unreadCount: true },
  })
  return new Map(rows.map(({ userId, unreadCount }) => [userId, unreadCount]))
}
