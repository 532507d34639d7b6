import type { IncomingHttpHeaders } from 'node:http'
import type { InboxSource } from './inbox.ts'
import type { EventSource } from './inbox-metrics.ts'
import type { KeptSubjects, UserEventsFilter } from './inbox-personal-data.ts'

/** A provider's request, byte for byte. */
export interface Delivery {
  readonly body: Buffer
  readonly headers: IncomingHttpHeaders
  readonly now: Date
}

/** What is known of a delivery before its body is read. */
export type DeliveryHead = Omit<Delivery, 'body'>

/**
 * 200: stored, now or before. 400: not a JSON object, or an invalid signature, without saying which. 401: not
 * authenticated. 503: not configured on this server.
 */
export type DeliveryAnswer =
  | { readonly status: 200; readonly type: string; readonly isNew: boolean }
  | { readonly status: 400 | 401 | 503 }

/** Receives a provider's requests by plain HTTP POST. */
export interface WebhookEndpoint {
  readonly paths: readonly string[]
  readonly source: EventSource
  /**
   * The status with which a delivery is refused whose headers alone show that it is not the provider's; otherwise null.
   * Bodies of such requests are not read.
   */
  checkHeaders(head: DeliveryHead): Exclude<DeliveryAnswer['status'], 200> | null
  /** Answers as soon as the delivery is stored; the worker processes it. */
  receive(delivery: Delivery): Promise<DeliveryAnswer>
}

/** A provider that sends webhooks: its endpoint, how its events are processed, and which of them are about a user. */
export interface WebhookSource {
  readonly endpoint: WebhookEndpoint
  readonly inbox: InboxSource
  readonly userEventsFilter: UserEventsFilter
  /** The subjects that stay when a user is erased: ids that the tombstone has. If omitted, all stay. */
  readonly keptSubjects?: KeptSubjects
}
