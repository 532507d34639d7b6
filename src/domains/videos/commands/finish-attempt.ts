import { Prisma, type Video } from '../../../generated/prisma/client.ts'
import { notify, type Tx } from '../../../platform/database/db.ts'
import { enqueue } from '../../../platform/jobs/define-job.ts'
import { renderNext } from '../job-types.ts'
import type { VideosServices } from '../services.ts'
import { videoTopic } from '../topic.ts'
import { finishedNotification } from '../video-notifications.ts'
import type { ClaimedVideo } from './claim-video.ts'
import { countBytes, settleAttempt } from './end-attempt.ts'
import { scheduleAttemptRemoval } from './remove-files.ts'

export interface VideoResult {
  readonly durationSeconds: number
  readonly hasCaptions: boolean
  /** Of all files. */
  readonly byteSize: number
}

/**
 * Stores the result of an attempt and spends its credits. A result that comes after the attempt was given up, because its
 * worker seemed to have ended, is kept and costs nothing, while there is no later attempt. After a cancellation it is
 * discarded: resolves to false, and the caller removes the files.
 */
export async function finishAttempt(
  tx: Tx,
  services: Pick<VideosServices, 'usage' | 'videoMetrics' | 'notifyUsers'>,
  { video, result, now }: { readonly video: ClaimedVideo; readonly result: VideoResult; readonly now: Date },
): Promise<boolean> {
  const before = await lockAttempt(tx, video)
  if (!before) return false
  const { id, userId } = before
  const previousBytes = Number(before.byteSize ?? 0)
  await tx.video.update({
    where: { id },
    data: {
      status: 'READY',
      step: null,
      progressPercent: 100,
      failure: Prisma.DbNull,
      filesOfAttempt: before.attempt,
      byteSize: result.byteSize,
      durationSeconds: result.durationSeconds,
      hasCaptions: result.hasCaptions,
      reservedBytes: 0,
      lease: null,
      finishedAt: now,
      revision: { increment: 1 },
    },
  })
  await enqueue(tx, renderNext, {}, { key: `after:${id}` })
  if (before.filesOfAttempt !== null) await scheduleAttemptRemoval(tx, { ...before, attempt: before.filesOfAttempt })
  if (before.status === 'RENDERING') {
    await settleAttempt(tx, services, { attempt: before, storedBytes: result.byteSize, previousBytes, now })
  } else await countBytes(tx, services.usage, { userId, change: result.byteSize - previousBytes, now })
  services.videoMetrics.ended(before.templateKey, 'ready')
  notify(tx, videoTopic(id))
  await services.notifyUsers(tx, [finishedNotification(before, 'READY')], now)
  return true
}

/** The row, locked, if the attempt may still have a result. */
async function lockAttempt(tx: Tx, { id, lease, attempt }: ClaimedVideo): Promise<Video | null> {
  await tx.$queryRaw`SELECT id FROM videos WHERE id = ${id}::uuid FOR UPDATE`
  return tx.video.findUnique({ where: { id, lease, attempt, status: { in: ['RENDERING', 'FAILED'] } } })
}
