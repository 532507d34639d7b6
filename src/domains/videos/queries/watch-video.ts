import { watch } from '../../../platform/notifications/watch.ts'
import { videoMessages } from '../messages.ts'
import type { VideosServices } from '../services.ts'
import { videoTopic } from '../topic.ts'

/** Yields the video's id for the current state and then for every change, until the video is deleted. Throws NotFound. */
export function watchVideo(
  { db, notifications }: Pick<VideosServices, 'db' | 'notifications'>,
  { userId, videoId, signal }: { readonly userId: string; readonly videoId: string; readonly signal: AbortSignal },
): Promise<AsyncIterable<string>> {
  const read = async () => {
    const video = await db.prisma.video.findUnique({ where: { id: videoId, userId }, select: { revision: true } })
    return video?.revision ?? null
  }
  return watch(notifications, {
    topic: videoTopic(videoId),
    signal,
    id: videoId,
    read,
    notFound: videoMessages.notFound(),
  })
}
