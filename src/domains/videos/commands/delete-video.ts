import type { Video } from '../../../generated/prisma/client.ts'
import { notify, type Tx } from '../../../platform/database/db.ts'
import { NotFound } from '../../../platform/errors.ts'
import { decrementUsage } from '../../usage/index.ts'
import { runAs, type Viewer } from '../../users/index.ts'
import { videoMessages } from '../messages.ts'
import type { VideosServices } from '../services.ts'
import { videoTopic } from '../topic.ts'
import { cancelAttempt } from './cancel-video.ts'
import { scheduleFileRemoval } from './remove-files.ts'

/**
 * Deletes a video; a job deletes its files. An attempt that has not finished is cancelled first. The audio file remains.
 * Throws NotFound.
 */
export function deleteVideo(services: VideosServices, viewer: Viewer, videoId: string): Promise<void> {
  const now = services.clock()
  return runAs(services, viewer, async (tx) => {
    await cancelAttempt(tx, services, { userId: viewer.id, videoId, now })
    const video = await tx.video.findUnique({ where: { id: videoId, userId: viewer.id } })
    if (!video) throw new NotFound(videoMessages.notFound())
    await removeVideo(tx, video, now)
  })
}

/** Deletes the row of a video whose attempt has ended, and schedules the removal of its files. */
export async function removeVideo(tx: Tx, video: Video, now: Date): Promise<void> {
  const { id, userId, byteSize } = video
  await tx.video.delete({ where: { id } })
  await scheduleFileRemoval(tx, video, now)
  notify(tx, videoTopic(id))
  if (byteSize !== null) await decrementUsage(tx, { userId, meter: 'STORAGE_BYTES', amount: Number(byteSize) })
}
