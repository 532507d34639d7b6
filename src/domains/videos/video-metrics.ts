import type { Metrics } from '../../platform/observability/metrics.ts'

export type VideoOutcome = 'ready' | 'failed' | 'cancelled' | 'interrupted'

/** What is counted about videos. */
export interface VideoMetrics {
  /** An attempt ended. */
  ended(template: string, outcome: VideoOutcome): void
  /** A video was rendered: seconds of video, and seconds of CPU of the child processes. */
  rendered(template: string, seconds: { readonly video: number; readonly cpu: number }): void
  /** How long the video waited until a worker took it. */
  waited(seconds: number): void
}

export function createVideoMetrics(metrics: Metrics): VideoMetrics {
  const ends = metrics.counter('videos_ended_total', 'Attempts to render a video that ended.', ['template', 'outcome'])
  const video = metrics.counter('video_seconds_total', 'Seconds of rendered video.', ['template'])
  const cpu = metrics.counter('video_cpu_seconds_total', 'Seconds of CPU that rendering took.', ['template'])
  const waits = metrics.duration('video_queue_wait_seconds', 'How long videos waited for a worker.')
  return {
    ended: (template, outcome) => ends.add({ template, outcome }),
    rendered(template, seconds) {
      video.add({ template }, seconds.video)
      cpu.add({ template }, seconds.cpu)
    },
    waited: (seconds) => waits.observe({}, seconds),
  }
}
