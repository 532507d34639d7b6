import type { Video } from '../../../generated/prisma/client.ts'
import { notify, type Tx } from '../../../platform/database/db.ts'
import { NotFound } from '../../../platform/errors.ts'
import { runAs, type Viewer } from '../../users/index.ts'
import { VideoState } from '../errors.ts'
import { videoMessages } from '../messages.ts'
import type { VideosServices } from '../services.ts'
import { videoTopic } from '../topic.ts'
import { undoAttempt } from './end-attempt.ts'

/**
 * Cancels a video that waits or is rendered, and gives back what it took. The worker that renders it is notified and ends
 * its child processes. Repeating it has no further effect. Throws NotFound, and VideoState once the video is READY or FAILED.
 */
export function cancelVideo(services: VideosServices, viewer: Viewer, videoId: string): Promise<Video> {
  const now = services.clock()
  return runAs(services, viewer, async (tx) => {
    const cancelled = await cancelAttempt(tx, services, { userId: viewer.id, videoId, now })
    if (cancelled) return cancelled
    const video = await tx.video.findUnique({ where: { id: videoId, userId: viewer.id } })
    if (!video) throw new NotFound(videoMessages.notFound())
    if (video.status !== 'CANCELLED') throw new VideoState(videoMessages.finished())
    return video
  })
}

/** Ends the attempt of a video that has not finished. Null where it has, or there is no such video. */
export async function cancelAttempt(
  tx: Tx,
  { videoMetrics }: Pick<VideosServices, 'videoMetrics'>,
  { userId, videoId, now }: { readonly userId: string; readonly videoId: string; readonly now: Date },
): Promise<Video | null> {
  const [video] = await tx.video.updateManyAndReturn({
    where: { id: videoId, userId, status: { in: ['QUEUED', 'RENDERING'] } },
    data: { status: 'CANCELLED', step: null, finishedAt: now, revision: { increment: 1 } },
  })
  if (!video) return null
  await undoAttempt(tx, video, now)
  await tx.video.updateMany({ where: { id: videoId }, data: { reservedBytes: 0 } })
  videoMetrics.ended(video.templateKey, 'cancelled')
  notify(tx, videoTopic(videoId))
  return video
}
