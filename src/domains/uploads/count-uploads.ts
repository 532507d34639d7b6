import type { Metrics } from '../../platform/observability/metrics.ts'

const outcomes = ['requested', 'ready', 'rejected', 'cancelled', 'expired'] as const

/** Counts the outcome of uploads. Called after the transaction is committed. */
export type CountUpload = (outcome: (typeof outcomes)[number], count?: number) => void

/** Starts each outcome at 0: Prometheus sees no increase in a counter that is first exposed at 1. */
export function uploadCounter(metrics: Metrics): CountUpload {
  const uploads = metrics.counter('uploads_total', 'Requested uploads, and their outcomes.', ['outcome'])
  for (const outcome of outcomes) uploads.add({ outcome }, 0)
  return (outcome, count) => uploads.add({ outcome }, count)
}
