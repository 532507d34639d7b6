import { type Activity, Prisma } from '../../../generated/prisma/client.ts'
import type { Sport } from '../../../generated/prisma/enums.ts'
import { checkText } from '../../../platform/check-text.ts'
import { columnsOf } from '../../../platform/database/db.ts'
import { checkAll, InvalidInput, NotFound } from '../../../platform/errors.ts'
import { checkMayAct, type Viewer, withLockedUser } from '../../users/index.ts'
import { activityMessages } from '../messages.ts'
import type { ActivitiesServices } from '../services.ts'
import { activityTopic } from '../topic.ts'

export interface ActivityChanges {
  readonly activityId: string
  /** Undefined: not changed. Null: generated from the sport and the time again. */
  readonly title?: string | null | undefined
  /** Undefined: not changed. Null is rejected. */
  readonly sport?: Sport | null | undefined
}

const update = `${withLockedUser}
  UPDATE activities SET
    title = CASE WHEN $3 THEN $4 ELSE title END,
    sport = COALESCE($5::"Sport", sport),
    revision = revision + CASE WHEN $3 OR $5 IS NOT NULL THEN 1 ELSE 0 END
  FROM locked_user WHERE activities.id = $2 AND user_id = locked_user_id
  RETURNING ${columnsOf(Prisma.ActivityScalarFieldEnum)}`

/** Changes the title or the sport of an activity, in one statement. Throws NotFound, InvalidInput, Unauthenticated. */
export async function updateActivity(
  services: ActivitiesServices,
  viewer: Viewer,
  { activityId, title, sport }: ActivityChanges,
): Promise<Activity> {
  const { db, notifications } = services
  const changesTitle = title !== undefined
  const checked = checkChanges({ title, sport })
  const values = [viewer.id, activityId, changesTitle, checked.title, checked.sport]
  const [activity] = await db.query<Activity>(update, values)
  if (!activity) {
    await checkMayAct(services, viewer)
    throw new NotFound(activityMessages.notFound())
  }
  notifications.publish([activityTopic(activityId)])
  return activity
}

/** The values to store. Throws InvalidInput with all problems. */
export function checkChanges({ title, sport }: Pick<ActivityChanges, 'title' | 'sport'>) {
  return checkAll({
    title: () => (title == null ? null : checkTitle(title)),
    sport: () => checkSport(sport),
  })
}

function checkSport(sport: Sport | null | undefined): Sport | null {
  if (sport === null) throw InvalidInput.of('sport', activityMessages.sportIsNull())
  return sport ?? null
}

function checkTitle(title: string): string {
  const messages = { length: activityMessages.titleLength(), invalid: activityMessages.invalidTitle() }
  return checkText(title, { field: 'title', min: 1, max: 200, ...messages })
}
