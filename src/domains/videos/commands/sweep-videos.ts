import { enqueue } from '../../../platform/jobs/define-job.ts'
import { renderNext } from '../job-types.ts'
import type { VideosServices } from '../services.ts'
import { heartbeatTimeoutMs } from './claim-video.ts'

const batchSize = 500

/**
 * Adds a job for each video that is due and for each whose worker has ended: a job may have been lost, or have given up.
 * A job too many finds no video and ends; the video itself is changed only by the worker that takes it.
 */
export async function sweepVideos({ db, clock }: Pick<VideosServices, 'db' | 'clock'>): Promise<void> {
  const now = clock()
  const endedBefore = new Date(now.getTime() - heartbeatTimeoutMs)
  await db.transaction(async (tx) => {
    const due = await tx.$queryRaw<{ id: string }[]>`
      SELECT id FROM videos
      WHERE status IN ('QUEUED', 'RENDERING') AND not_before <= ${now}
        AND (status = 'QUEUED' OR heartbeat_at < ${endedBefore})
      ORDER BY queued_at, id LIMIT ${batchSize}`
    for (const { id } of due) await enqueue(tx, renderNext, {}, { key: `sweep:${id}` })
  })
}
