import { type Activity, Prisma } from '../../generated/prisma/client.ts'
import type { Sport } from '../../generated/prisma/enums.ts'
import { columnsOf, type Database } from '../../platform/database/db.ts'
import { InvalidInput, NotFound } from '../../platform/errors.ts'
import type { Events } from '../../platform/events/events.ts'
import { withHeldPerson } from '../users/index.ts'
import { activityTopic } from './topic.ts'

export interface ActivityChanges {
  readonly userId: string
  readonly activityId: string
  /** Left out: stays; null: made from the sport and the time again. */
  readonly title?: string | null | undefined
  /** Left out: stays; cannot be null. */
  readonly sport?: Sport | null | undefined
  readonly now: Date
}

const update = `${withHeldPerson}
  UPDATE activities SET
    title = CASE WHEN $4 THEN $5 ELSE title END,
    sport = COALESCE($6::"Sport", sport),
    revision = revision + CASE WHEN $4 OR $6 IS NOT NULL THEN 1 ELSE 0 END
  FROM held WHERE activities.id = $3 AND user_id = held_id
  RETURNING ${columnsOf(Prisma.ActivityScalarFieldEnum)}`

/** One statement; where it changes nothing, a transaction says whether it is the person. Throws NotFound, InvalidInput. */
export async function updateActivity(
  { db, events }: { readonly db: Database; readonly events: Pick<Events, 'publish'> },
  { userId, activityId, title, sport, now }: ActivityChanges,
): Promise<Activity> {
  if (sport === null) throw InvalidInput.at(['input', 'sport'], 'A sport cannot be cleared. Choose OTHER.')
  const changesTitle = title !== undefined
  const newTitle = title == null ? null : checkTitle(title)
  const values = [userId, now, activityId, changesTitle, newTitle, sport ?? null]
  const [activity] = await db.query<Activity>(update, values)
  if (!activity) {
    return db.transaction(async () => {
      throw new NotFound('activity')
    })
  }
  events.publish([activityTopic(activityId)])
  return activity
}

function checkTitle(title: string): string {
  const trimmed = title.trim()
  const length = [...trimmed].length
  const path = ['input', 'title']
  if (length < 1 || length > 200) throw InvalidInput.at(path, 'A title has 1 to 200 characters.')
  if (!trimmed.isWellFormed() || /\p{Cc}/u.test(trimmed)) {
    throw InvalidInput.at(path, 'The title holds a control character or half a character.')
  }
  return trimmed
}
