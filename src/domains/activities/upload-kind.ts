import { v7 as uuidv7 } from 'uuid'
import { Prisma } from '../../generated/prisma/client.ts'
import { notify, type Tx } from '../../platform/database/db.ts'
import { InvalidInput, NotFound } from '../../platform/errors.ts'
import { enqueue } from '../../platform/jobs/define-job.ts'
import { defineUploadKind } from '../uploads/index.ts'
import { isRecording } from './is-recording.ts'
import { readActivityFile } from './job-types.ts'
import { activityMessages } from './messages.ts'
import { activityTopic } from './topic.ts'

/** Recordings. Each belongs to an activity. */
export const activityUploads = defineUploadKind({
  kind: 'ACTIVITY',
  description: 'A recording from a watch or phone: FIT, GPX or TCX, at most 32 MiB. It becomes an activity.',
  maxByteSize: 32 * 1024 * 1024,
  contentTypes: [
    'application/octet-stream',
    'application/vnd.ant.fit',
    'application/gpx+xml',
    'application/vnd.garmin.tcx+xml',
    'application/xml',
  ],
  otherContentTypes: {
    'application/fit': 'application/vnd.ant.fit',
    'application/x-fit': 'application/vnd.ant.fit',
    'application/x-garmin-fit': 'application/vnd.ant.fit',
    // Linux takes .fit for images of telescopes.
    'application/fits': 'application/vnd.ant.fit',
    'image/fits': 'application/vnd.ant.fit',
    'application/gpx': 'application/gpx+xml',
    'application/x-gpx+xml': 'application/gpx+xml',
    'application/tcx+xml': 'application/vnd.garmin.tcx+xml',
    'application/vnd.garmin.tcx': 'application/vnd.garmin.tcx+xml',
    'text/xml': 'application/xml',
  },
  defaultContentType: 'application/octet-stream',
  recognise: isRecording,
  target: {
    field: 'activityId',
    type: 'Activity',
    description: 'The activity to attach the file to. If omitted, an ACTIVITY upload creates a new activity.',
    refusal: activityMessages.otherKind(),
  },

  async onRequested(tx, { id: uploadId, userId, targetId, now }) {
    if (targetId !== null) return attach(tx, { uploadId, userId, activityId: targetId })
    await tx.activity.create({
      data: { id: uuidv7(), userId, uploadId, status: 'AWAITING_FILE', createdAt: now },
    })
  },

  async onCompleted(tx, { id: uploadId, userId }) {
    const [activity] = await tx.activity.updateManyAndReturn({
      where: { uploadId },
      data: { status: 'PROCESSING', failure: null, failureMessage: Prisma.DbNull, revision: { increment: 1 } },
      select: { id: true },
    })
    if (!activity) return
    await enqueue(tx, readActivityFile, { activityId: activity.id, userId }, { key: activity.id })
    notify(tx, activityTopic(activity.id))
  },

  async onExpired(tx, { id: uploadId }) {
    const { count } = await tx.activity.updateMany({
      where: { uploadId, status: { not: 'AWAITING_FILE' } },
      data: { uploadId: null, revision: { increment: 1 } },
    })
    if (count === 0) await removeAwaiting(tx, uploadId)
  },
})

/**
 * Attaches an upload to an existing activity. One conditional update decides: the activity belongs to the user and has
 * neither a file nor a pending upload. Of two concurrent requests the second waits for the first and is rejected.
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
  if (count === 1) return notify(tx, activityTopic(activityId))
  const exists = await tx.activity.count({ where: { id: activityId, userId } })
  if (exists === 0) throw new NotFound(activityMessages.notFound())
  throw InvalidInput.of('activityId', activityMessages.hasFile())
}

async function removeAwaiting(tx: Tx, uploadId: string): Promise<void> {
  const activity = await tx.activity.findUnique({ where: { uploadId }, select: { id: true } })
  if (!activity) return
  await tx.activity.delete({ where: { id: activity.id } })
  notify(tx, activityTopic(activity.id))
}
