import type { Clock } from '../clock.ts'
import type { Metrics } from '../observability/metrics.ts'
import type { VendorQuota, VendorReports, VendorRequest } from './vendor-client.ts'

const outcomes: readonly VendorRequest['outcome'][] = ['ok', 'refused', 'rate_limited', 'failed', 'timeout', 'aborted']

/** A search takes less than a second; the transcription of an hour is sent and answered within four minutes. */
const buckets = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 240]

/** Limits are those of a minute to a month. What a vendor stated earlier may have been renewed since. */
const quotaShownMs = 10 * 60_000

/**
 * Counts and measures the requests to vendors, and exposes what they say is left of their limits. The counts of a client
 * begin at 0: Prometheus sees no increase in a series that first appears at 5.
 */
export function countVendorRequests(metrics: Metrics, clock: Clock): VendorReports {
  const requests = metrics.counter(
    'vendor_requests_total',
    'Requests to vendors by outcome: ok, refused (4xx, or a response that is not valid), rate_limited (429), failed (5xx, no connection), timeout, or aborted by this process.',
    ['vendor', 'operation', 'outcome'],
  )
  const durations = metrics.duration(
    'vendor_request_duration_seconds',
    'How long requests to vendors took, with their bodies, whatever the outcome.',
    ['vendor', 'operation'],
    buckets,
  )
  const quotas = new Map<string, VendorQuota & { readonly statedAt: number }>()
  const help = 'What a vendor said is left of one of its limits, for ten minutes after it said it to this process.'
  metrics.readGauge({ name: 'vendor_quota_remaining', help, labels: ['vendor', 'kind'] }, () => {
    const shownFrom = clock().getTime() - quotaShownMs
    return [...quotas.values()]
      .filter(({ statedAt }) => statedAt >= shownFrom)
      .map(({ vendor, kind, remaining }) => ({ labels: { vendor, kind }, value: remaining }))
  })
  return {
    onClient({ vendor, operation }) {
      for (const outcome of outcomes) requests.add({ vendor, operation, outcome }, 0)
    },
    onRequest({ vendor, operation, outcome, seconds }) {
      requests.add({ vendor, operation, outcome })
      durations.observe({ vendor, operation }, seconds)
    },
    onQuota: (quota) => quotas.set(`${quota.vendor} ${quota.kind}`, { ...quota, statedAt: clock().getTime() }),
  }
}
