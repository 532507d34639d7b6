import type { Metrics } from '../../platform/watching/metrics.ts'

const outcomes = ['requested', 'ready', 'rejected', 'cancelled', 'expired'] as const

/** Says what became of uploads, once it is committed. */
export type CountUpload = (outcome: (typeof outcomes)[number], count?: number) => void

/** Every outcome begins at 0: what is first seen at 1 has not grown, as Prometheus counts. */
export function uploadCounter(metrics: Metrics): CountUpload {
  const uploads = metrics.counter('uploads_total', 'Uploads by what became of them, and those that were requested.', [
    'outcome',
  ])
  for (const outcome of outcomes) uploads.add({ outcome }, 0)
  return (outcome, count) => uploads.add({ outcome }, count)
}
