import type { Database } from '../../platform/database/db.ts'
import type { Events } from '../../platform/events/events.ts'
import { watch } from '../../platform/events/watch.ts'
import { activityTopic } from './topic.ts'

export interface Watch {
  readonly userId: string
  readonly activityId: string
  readonly signal: AbortSignal
}

/**
 * Yields the activity's id for its present state and then for every change, until it is deleted: the row's revision says
 * whether there is something new. Throws NotFound when there is no such activity from the start.
 */
export function watchActivity(
  { db, events }: { db: Database; events: Events },
  { userId, activityId, signal }: Watch,
): Promise<AsyncIterable<string>> {
  const read = async () => {
    const where = { id: activityId, userId }
    const activity = await db.prisma.activity.findUnique({ where, select: { revision: true } })
    return activity?.revision ?? null
  }
  return watch(events, { topic: activityTopic(activityId), signal, id: activityId, read, what: 'activity' })
}
