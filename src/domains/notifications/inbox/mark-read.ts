import { Prisma } from '../../../generated/prisma/client.ts'
import { InvalidInput } from '../../../platform/errors.ts'
import { runAs, type Viewer } from '../../users/index.ts'
import { notificationMessages } from '../messages.ts'
import type { NotificationsServices } from '../services.ts'

/** Either ids, or a sequence: then all notifications up to it. */
export interface ReadNotifications {
  readonly ids?: readonly string[] | undefined
  readonly upToSequence?: number | undefined
}

/** A statement changes so many rows; the transactions of one call follow each other. */
const batchSize = 1_000
const mostIds = 100

/**
 * Marks notifications of the user as read, with their deliveries that were sent. Ids of other users, and of notifications
 * that no longer exist, are ignored. Throws InvalidInput, and Unauthenticated for a user who may no longer act.
 */
export async function markRead(
  services: Pick<NotificationsServices, 'db' | 'clock'>,
  viewer: Viewer,
  { ids, upToSequence }: ReadNotifications,
): Promise<void> {
  if ((ids === undefined) === (upToSequence === undefined)) {
    throw InvalidInput.of(null, notificationMessages.idsOrUpTo())
  }
  if (ids && ids.length > mostIds) throw InvalidInput.of('ids', notificationMessages.tooManyIds({ max: mostIds }))
  const which = ids
    ? Prisma.sql`id = ANY(${[...ids]}::uuid[])`
    : Prisma.sql`sequence <= ${Math.min(Math.max(upToSequence ?? 0, 0), 2 ** 31 - 1)}::int`
  const now = services.clock()
  for (;;) {
    const count = await runAs(services, viewer, async (tx) => {
      // Locked before the notifications, as by notifyUsers.
      await tx.$executeRaw`SELECT FROM notification_inboxes WHERE user_id = ${viewer.id}::uuid FOR UPDATE`
      const [row] = await tx.$queryRaw<{ count: number }[]>`
        WITH marked AS (
          UPDATE notifications SET read_at = ${now}::timestamptz
          WHERE user_id = ${viewer.id}::uuid AND read_at IS NULL AND id = ANY(ARRAY(
            SELECT id FROM notifications
            WHERE user_id = ${viewer.id}::uuid AND read_at IS NULL AND ${which}
            ORDER BY sequence LIMIT ${batchSize}))
          RETURNING id),
        counted AS (
          UPDATE notification_inboxes SET unread_count = unread_count - (SELECT count(*) FROM marked)
          WHERE user_id = ${viewer.id}::uuid),
        deliveries AS (
          UPDATE notification_deliveries AS delivery
          SET status = 'READ', delivered_at = coalesce(delivered_at, ${now}::timestamptz), read_at = ${now}::timestamptz
          FROM marked
          WHERE user_id = ${viewer.id}::uuid AND notification_id = marked.id AND status IN ('SENT', 'DELIVERED'))
        SELECT count(*)::int AS count FROM marked`
      return row?.count ?? 0
    })
    if (count < batchSize) return
  }
}
