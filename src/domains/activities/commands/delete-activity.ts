import { notify, type Tx } from '../../../platform/database/db.ts'
import { NotFound } from '../../../platform/errors.ts'
import { discardUpload, lockUpload } from '../../uploads/index.ts'
import { runAs, type Viewer } from '../../users/index.ts'
import { activityMessages } from '../messages.ts'
import type { ActivitiesServices } from '../services.ts'
import { activityTopic } from '../topic.ts'

/** Deletes an activity with its laps and track; a job deletes its file. Throws NotFound. */
export function deleteActivity(services: ActivitiesServices, viewer: Viewer, activityId: string): Promise<void> {
  const now = services.clock()
  return runAs(services, viewer, (tx) => remove(tx, { userId: viewer.id, activityId, now }))
}

async function remove(
  tx: Tx,
  { userId, activityId, now }: { readonly userId: string; readonly activityId: string; readonly now: Date },
): Promise<void> {
  const found = await tx.activity.findUnique({ where: { id: activityId, userId }, select: { uploadId: true } })
  if (found?.uploadId) await lockUpload(tx, found.uploadId)
  const [removed] = await tx.$queryRaw<{ uploadId: string | null }[]>`
    DELETE FROM activities WHERE id = ${activityId}::uuid AND user_id = ${userId}::uuid
    RETURNING upload_id AS "uploadId"`
  if (!removed) throw new NotFound(activityMessages.notFound())
  if (removed.uploadId !== null) await discardUpload(tx, removed.uploadId, now)
  notify(tx, activityTopic(activityId))
}
