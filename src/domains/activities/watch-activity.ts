import type { Database } from '../../platform/db.ts'
import { NotFound } from '../../platform/errors.ts'
import type { Events } from '../../platform/events.ts'
import { activityTopic } from './topic.ts'

export interface Watch {
  readonly userId: string
  readonly activityId: string
  readonly signal: AbortSignal
}

/**
 * Yields the activity's id for its present state and then for every change, until it is deleted or the signal aborts.
 * It listens before it reads, so nothing falls between; a hint only says to look, the row's revision says whether there
 * is something new. Throws NotFound when there is no such activity from the start.
 */
export async function watchActivity(
  { db, events }: { db: Database; events: Events },
  { userId, activityId, signal }: Watch,
): Promise<AsyncIterable<string>> {
  const hints = await events.subscribe(activityTopic(activityId), signal)
  const read = () => db.prisma.activity.findUnique({ where: { id: activityId, userId }, select: { revision: true } })
  const first = await read()
  if (!first) throw new NotFound('activity')

  return (async function* () {
    let seen = first.revision
    yield activityId
    for await (const _ of hints) {
      const present = await read()
      if (!present) return
      if (present.revision === seen) continue
      seen = present.revision
      yield activityId
    }
  })()
}
