import type { Metrics } from '../../platform/observability/metrics.ts'
import type { videoFailures } from './messages.ts'

const outcomes = ['ready', 'failed', 'cancelled'] as const

export type VideoOutcome = (typeof outcomes)[number]

/** Who has to act on a failure: the user, the operator with the vendor, or the operator. Every reason has one. */
const causes: Readonly<Record<Extract<keyof typeof videoFailures, string>, 'user' | 'vendor' | 'service'>> = {
  EMPTY: 'user',
  NOT_AUDIO: 'user',
  DAMAGED: 'user',
  TOO_LONG: 'user',
  SILENT: 'user',
  NOT_A_PICTURE: 'user',
  PICTURE_TOO_LARGE: 'user',
  PICTURE_DAMAGED: 'user',
  audioDeleted: 'user',
  backgroundDeleted: 'user',
  transcriptAfterAudio: 'user',
  vendorUnavailable: 'vendor',
  vendorRefused: 'vendor',
  renderingFailed: 'service',
  interrupted: 'service',
}

/** What is counted about videos. */
export interface VideoMetrics {
  /** An attempt ended. */
  ended(template: string, outcome: VideoOutcome): void
  /** An attempt failed: with the key of the message that says why. */
  failed(reason: string): void
  /** A video was rendered: seconds of video, and seconds of CPU of the child processes. */
  rendered(template: string, seconds: { readonly video: number; readonly cpu: number }): void
  /** How long an attempt waited until a worker took it. */
  waited(seconds: number): void
}

/** A worker that is idle takes a video within a second or two; the alert is at ten minutes. */
const waitBuckets = [1, 5, 15, 30, 60, 120, 300, 600, 1_200, 1_800, 3_600, 7_200, 14_400]

/** Counts begin at 0 for each template and reason: Prometheus sees no increase in a series that first appears at 5. */
export function createVideoMetrics(metrics: Metrics, templates: readonly { readonly key: string }[]): VideoMetrics {
  const ends = metrics.counter('videos_ended_total', 'Attempts to render a video that ended.', ['template', 'outcome'])
  const failures = metrics.counter(
    'videos_failed_total',
    'Attempts to render a video that failed, by reason and cause: user (the file), vendor or service.',
    ['reason', 'cause'],
  )
  const causeOf = (reason: string) => Object.entries(causes).find(([known]) => known === reason)?.[1] ?? 'service'
  const video = metrics.counter('video_seconds_total', 'Seconds of rendered video.', ['template'])
  const cpu = metrics.counter('video_cpu_seconds_total', 'Seconds of CPU that rendering took.', ['template'])
  const waits = metrics.duration(
    'video_queue_wait_seconds',
    'How long attempts waited until a worker took them for the first time.',
    [],
    waitBuckets,
  )
  for (const { key: template } of templates) {
    for (const outcome of outcomes) ends.add({ template, outcome }, 0)
    video.add({ template }, 0)
    cpu.add({ template }, 0)
  }
  for (const [reason, cause] of Object.entries(causes)) failures.add({ reason, cause }, 0)
  return {
    ended: (template, outcome) => ends.add({ template, outcome }),
    failed: (reason) => failures.add({ reason, cause: causeOf(reason) }),
    rendered(template, seconds) {
      video.add({ template }, seconds.video)
      cpu.add({ template }, seconds.cpu)
    },
    waited: (seconds) => waits.observe({}, seconds),
  }
}
