import type { IncomingHttpHeaders } from 'node:http'

/** What a provider sent, byte for byte. */
export interface Delivery {
  readonly body: Buffer
  readonly headers: IncomingHttpHeaders
  readonly now: Date
}

/** 200: remembered, now or before. 400: not from the provider, or no JSON object. 503: not configured here. */
export type DeliveryAnswer = 200 | 400 | 503

/** Where a provider reaches us by plain HTTP POST. */
export interface WebhookEndpoint {
  readonly paths: readonly string[]
  /** Answers as soon as the delivery is remembered; the work is done by the worker. */
  receive(delivery: Delivery): Promise<DeliveryAnswer>
}
