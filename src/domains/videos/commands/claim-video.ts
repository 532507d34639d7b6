import { v7 as uuidv7 } from 'uuid'
import type { Video } from '../../../generated/prisma/client.ts'
import { notify, type Tx } from '../../../platform/database/db.ts'
import { toStored } from '../../../platform/messages/message.ts'
import { videoFailures } from '../messages.ts'
import type { VideosServices } from '../services.ts'
import { videoTopic } from '../topic.ts'
import { failAttempt } from './fail-attempt.ts'

/** A worker that writes no heartbeat for so long has ended. It writes one every five seconds. */
export const heartbeatTimeoutMs = 60_000
/** How often a worker may end while it renders an attempt. */
const mostInterruptions = 3

export interface ClaimedVideo extends Video {
  readonly lease: string
}

/**
 * Takes the video whose turn it is: of the users who may have another one rendered, that of the user with the fewest, and of
 * those the one that waits longest. A video whose worker has ended continues with the step it was in. Null where none is
 * due. One claim at a time, so that the numbers that it compares are right.
 */
export async function claimVideo(services: VideosServices): Promise<ClaimedVideo | null> {
  for (;;) {
    const claimed = await services.db.transaction((tx) => claim(tx, services))
    if (claimed !== 'failed') return claimed
  }
}

async function claim(tx: Tx, services: VideosServices): Promise<ClaimedVideo | 'failed' | null> {
  const now = services.clock()
  const endedBefore = new Date(now.getTime() - heartbeatTimeoutMs)
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtext('videos.claim'))`
  const [next] = await tx.$queryRaw<{ id: string }[]>`
    SELECT video.id FROM videos AS video
    CROSS JOIN LATERAL (
      SELECT count(*)::int AS running FROM videos AS other
      WHERE other.user_id = video.user_id AND other.status = 'RENDERING' AND other.heartbeat_at >= ${endedBefore}
    ) AS of_user
    WHERE video.status IN ('QUEUED', 'RENDERING') AND video.not_before <= ${now}
      AND (video.status = 'QUEUED' OR video.heartbeat_at < ${endedBefore})
      AND of_user.running < video.most_at_once
    ORDER BY of_user.running, video.queued_at, video.id
    LIMIT 1 FOR UPDATE OF video SKIP LOCKED`
  if (!next) return null
  const found = await tx.video.findUniqueOrThrow({ where: { id: next.id } })
  const isInterrupted = found.status === 'RENDERING'
  if (isInterrupted && found.interruptions + 1 >= mostInterruptions) {
    await failAttempt(tx, services, { video: found, failure: toStored(videoFailures.interrupted()), now })
    return 'failed'
  }
  const lease = uuidv7()
  const video = await tx.video.update({
    where: { id: found.id },
    data: {
      status: 'RENDERING',
      lease,
      heartbeatAt: now,
      startedAt: found.startedAt ?? now,
      interruptions: { increment: isInterrupted ? 1 : 0 },
      revision: { increment: 1 },
    },
  })
  notify(tx, videoTopic(video.id))
  // A video that is taken again has waited and was rendered meanwhile.
  if (!found.startedAt) services.videoMetrics.waited(Math.max(0, now.getTime() - found.queuedAt.getTime()) / 1_000)
  return { ...video, lease }
}
