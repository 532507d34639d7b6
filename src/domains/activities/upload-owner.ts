import { v7 as uuidv7 } from 'uuid'
import { hint, type Tx } from '../../platform/database/db.ts'
import { InvalidInput, NotFound } from '../../platform/errors.ts'
import { enqueue } from '../../platform/queue/jobs.ts'
import type { UploadOwner } from '../uploads/index.ts'
import { readActivityFile } from './jobs.ts'
import { activityTopic } from './topic.ts'

/** Files of kind ACTIVITY belong to activities. */
export const activityUploads: UploadOwner = {
  async requested(tx, { id: uploadId, userId, targetId, now }) {
    if (targetId !== null) return attach(tx, { uploadId, userId, activityId: targetId })
    await tx.activity.create({
      data: { id: uuidv7(), userId, uploadId, status: 'AWAITING_FILE', createdAt: now },
    })
  },

  async completed(tx, { id: uploadId }) {
    const [activity] = await tx.activity.updateManyAndReturn({
      where: { uploadId },
      data: { status: 'PROCESSING', failure: null, revision: { increment: 1 } },
      select: { id: true },
    })
    if (!activity) return
    await enqueue(tx, readActivityFile, { activityId: activity.id }, { key: activity.id })
    hint(tx, activityTopic(activity.id))
  },

  async expired(tx, { id: uploadId }) {
    const { count } = await tx.activity.updateMany({
      where: { uploadId, status: { not: 'AWAITING_FILE' } },
      data: { uploadId: null, revision: { increment: 1 } },
    })
    if (count === 0) await removeAwaiting(tx, uploadId)
  },
}

/**
 * One conditional update decides: the activity is this person's, and has no file nor one on its way. Of two requests at
 * once the second waits for the first and then finds the activity taken.
 */
async function attach(
  tx: Tx,
  { uploadId, userId, activityId }: { uploadId: string; userId: string; activityId: string },
) {
  const { count } = await tx.activity.updateMany({
    where: {
      id: activityId,
      userId,
      OR: [{ uploadId: null }, { upload: { status: { in: ['REJECTED', 'EXPIRED', 'CANCELLED'] } } }],
    },
    data: { uploadId, revision: { increment: 1 } },
  })
  if (count === 1) return hint(tx, activityTopic(activityId))
  const exists = await tx.activity.count({ where: { id: activityId, userId } })
  if (exists === 0) throw new NotFound('activity')
  throw InvalidInput.at(['input', 'activityId'], 'This activity has a file already, or one is on its way.')
}

async function removeAwaiting(tx: Tx, uploadId: string): Promise<void> {
  const activity = await tx.activity.findUnique({ where: { uploadId }, select: { id: true } })
  if (!activity) return
  await tx.activity.delete({ where: { id: activity.id } })
  hint(tx, activityTopic(activity.id))
}
