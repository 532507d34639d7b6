import type { Metrics } from '../../../platform/observability/metrics.ts'
import type { OuterChannel } from '../notification-type.ts'
import type { SendResult } from '../ports.ts'

/** What is counted about deliveries. */
export interface DeliveryMetrics {
  /** A call of a vendor ended. */
  sent(channel: OuterChannel, outcome: SendResult['outcome']): void
  /** A channel failed, or sent no receipt, and the next one is tried. */
  fellBack(channel: OuterChannel, reason: 'failed' | 'no_receipt'): void
  /** From the creation of a notification until a vendor accepted it. */
  waited(kind: string, seconds: number): void
}

export function createDeliveryMetrics(metrics: Metrics): DeliveryMetrics {
  const sends = metrics.counter('notification_sends_total', 'Attempts to send a notification.', ['channel', 'outcome'])
  const fallbacks = metrics.counter(
    'notification_fallbacks_total',
    'Deliveries that failed or had no receipt in time, so that the next channel was tried.',
    ['channel', 'reason'],
  )
  const waits = metrics.duration(
    'notification_latency_seconds',
    'From the creation of a notification until a vendor accepted it.',
    ['kind'],
  )
  return {
    sent: (channel, outcome) => sends.add({ channel, outcome }),
    fellBack: (channel, reason) => fallbacks.add({ channel, reason }),
    waited: (kind, seconds) => waits.observe({ kind }, seconds),
  }
}
