import { memoize } from '../../platform/memoize.ts'
import type { Metrics } from '../../platform/observability/metrics.ts'
import { withTimeout } from '../../platform/with-timeout.ts'
import { remainingPictureRequests } from './commands/count-picture-request.ts'
import { pictureSource } from './commands/search-pictures.ts'
import { countLimit, readVideoQueue } from './queries/read-video-queue.ts'
import type { VideosServices } from './services.ts'

/** Several scrapers cost no additional statements. Reading 10,000 unfinished videos among 100,000 takes 35 ms. */
const cacheMs = 5_000
const readMs = 1_000

/** Exposes the queue of videos, and how many searches of pictures are left; the same in each process. */
export function observeVideos(
  { db, clock, pictureSearch }: Pick<VideosServices, 'db' | 'clock' | 'pictureSearch'>,
  metrics: Metrics,
): void {
  const queue = memoize(cacheMs, () => withTimeout(readMs, readVideoQueue(db, clock())))
  const unfinished = `Videos that are queued, rendered by a worker, or interrupted because their worker has ended, up to ${countLimit} together; the same in each process.`
  metrics.readGauge({ name: 'videos_unfinished', help: unfinished, labels: ['status'] }, async () => {
    const { queued, rendering, interrupted } = await queue()
    return Object.entries({ queued, rendering, interrupted }).map(([status, value]) => ({ labels: { status }, value }))
  })
  const oldest =
    'How long the oldest video has waited that may be rendered now: its user may have another one rendered, and the time of its next try has come. 0 if there is none.'
  metrics.readGauge({ name: 'video_queue_oldest_seconds', help: oldest }, async () => [
    { labels: {}, value: (await queue()).oldestSeconds },
  ])

  const left = memoize(cacheMs, () =>
    withTimeout(readMs, remainingPictureRequests(db, { source: pictureSource, now: clock() })),
  )
  const requests = 'Searches of pictures that our limits allow in this hour and month; the same in each process.'
  metrics.readGauge({ name: 'picture_requests_remaining', help: requests, labels: ['window'] }, async () =>
    pictureSearch ? Object.entries(await left()).map(([window, value]) => ({ labels: { window }, value })) : [],
  )
}
