import { hint, type Tx } from '../../platform/database/db.ts'
import { NotFound } from '../../platform/errors.ts'
import { discardUpload, lockUpload } from '../uploads/index.ts'
import { activityTopic } from './topic.ts'

/** Removes an activity with its laps and series; its file goes by a job. Throws NotFound. */
export async function deleteActivity(
  tx: Tx,
  { userId, activityId, now }: { userId: string; activityId: string; now: Date },
): Promise<void> {
  const held = await tx.activity.findUnique({ where: { id: activityId, userId }, select: { uploadId: true } })
  if (held?.uploadId) await lockUpload(tx, held.uploadId)
  const [removed] = await tx.$queryRaw<{ uploadId: string | null }[]>`
    DELETE FROM activities WHERE id = ${activityId}::uuid AND user_id = ${userId}::uuid
    RETURNING upload_id AS "uploadId"`
  if (!removed) throw new NotFound('activity')
  if (removed.uploadId !== null) await discardUpload(tx, removed.uploadId, now)
  hint(tx, activityTopic(activityId))
}
