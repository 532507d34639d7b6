import type { IncomingHttpHeaders } from 'node:http'
import type { EventSource } from './inbox-metrics.ts'

/** What a provider sent, byte for byte. */
export interface Delivery {
  readonly body: Buffer
  readonly headers: IncomingHttpHeaders
  readonly now: Date
}

/**
 * 200: remembered, now or before. 400: no JSON object, or not from the provider, where the two look the same. 401: not
 * from the provider. 503: not configured here.
 */
export type DeliveryAnswer =
  | { readonly status: 200; readonly type: string; readonly isNew: boolean }
  | { readonly status: 400 | 401 | 503 }

/** Where a provider reaches us by plain HTTP POST. */
export interface WebhookEndpoint {
  readonly paths: readonly string[]
  readonly source: EventSource
  /** Answers as soon as the delivery is remembered; the work is done by the worker. */
  receive(delivery: Delivery): Promise<DeliveryAnswer>
}
