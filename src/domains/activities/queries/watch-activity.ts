import type { Database } from '../../../platform/database/db.ts'
import type { Notifications } from '../../../platform/notifications/notifications.ts'
import { watch } from '../../../platform/notifications/watch.ts'
import { activityMessages } from '../messages.ts'
import { activityTopic } from '../topic.ts'

export interface Watch {
  readonly userId: string
  readonly activityId: string
  readonly signal: AbortSignal
}

/**
 * Yields the activity's id for the current state and then for every change, until the activity is deleted. A change is
 * detected by the row's revision. Throws NotFound if there is no such activity at the start.
 */
export function watchActivity(
  { db, notifications }: { db: Database; notifications: Notifications },
  { userId, activityId, signal }: Watch,
): Promise<AsyncIterable<string>> {
  const read = async () => {
    const where = { id: activityId, userId }
    const activity = await db.prisma.activity.findUnique({ where, select: { revision: true } })
    return activity?.revision ?? null
  }
  return watch(notifications, {
    topic: activityTopic(activityId),
    signal,
    id: activityId,
    read,
    notFound: activityMessages.notFound(),
  })
}
