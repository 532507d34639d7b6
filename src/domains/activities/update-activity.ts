import type { Activity } from '../../generated/prisma/client.ts'
import type { Sport } from '../../generated/prisma/enums.ts'
import { hint, type Tx } from '../../platform/db.ts'
import { InvalidInput, NotFound } from '../../platform/errors.ts'
import { activityTopic } from './topic.ts'

export interface ActivityChanges {
  readonly userId: string
  readonly activityId: string
  /** Left out: stays; null: made from the sport and the time again. */
  readonly title?: string | null | undefined
  /** Left out: stays; cannot be null. */
  readonly sport?: Sport | null | undefined
}

/** Throws NotFound, InvalidInput. */
export async function updateActivity(tx: Tx, { userId, activityId, title, sport }: ActivityChanges): Promise<Activity> {
  if (sport === null) throw InvalidInput.at(['input', 'sport'], 'A sport cannot be cleared. Choose OTHER.')
  const changes = {
    ...(title === undefined ? {} : { title: title === null ? null : checkTitle(title) }),
    ...(sport === undefined ? {} : { sport }),
  }
  const { count } = await tx.activity.updateMany({
    where: { id: activityId, userId },
    data: { ...changes, revision: { increment: Object.keys(changes).length > 0 ? 1 : 0 } },
  })
  if (count === 0) throw new NotFound('activity')
  hint(tx, activityTopic(activityId))
  return tx.activity.findUniqueOrThrow({ where: { id: activityId } })
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
