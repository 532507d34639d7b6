import type { Video } from '../../../generated/prisma/client.ts'
import { notify, type Tx } from '../../../platform/database/db.ts'
import { enqueue } from '../../../platform/jobs/define-job.ts'
import type { StoredMessage } from '../../../platform/messages/message.ts'
import { renderNext } from '../job-types.ts'
import type { VideosServices } from '../services.ts'
import { videoTopic } from '../topic.ts'
import { finishedNotification } from '../video-notifications.ts'
import { undoAttempt } from './end-attempt.ts'

interface FailedAttempt {
  /** With the lease of the attempt, or null where it had none. */
  readonly video: Pick<Video, 'id' | 'lease'>
  readonly failure: StoredMessage
  readonly now: Date
}

/**
 * Ends an attempt as FAILED and gives back what it took, if it has not ended: false if it has, or another worker has its
 * video. The lease remains, so that its worker can still store a late result (finishAttempt).
 */
export async function failAttempt(
  tx: Tx,
  { videoMetrics, notifyUsers }: Pick<VideosServices, 'videoMetrics' | 'notifyUsers'>,
  { video: { id, lease }, failure, now }: FailedAttempt,
): Promise<boolean> {
  const [video] = await tx.video.updateManyAndReturn({
    where: { id, lease, status: { in: ['QUEUED', 'RENDERING'] } },
    data: { status: 'FAILED', step: null, failure, finishedAt: now, revision: { increment: 1 } },
  })
  if (!video) return false
  await enqueue(tx, renderNext, {}, { key: `after:${id}` })
  await undoAttempt(tx, video, now)
  await tx.video.updateMany({ where: { id }, data: { reservedBytes: 0 } })
  videoMetrics.ended(video.templateKey, 'failed')
  videoMetrics.failed(failure.key)
  notify(tx, videoTopic(id))
  await notifyUsers(tx, [finishedNotification(video, 'FAILED')], now)
  return true
}
