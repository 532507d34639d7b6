import { createHmac } from 'node:crypto'
import { type PurchaseFields, samplePurchaseEvent } from '../dev/samples/revenuecat-event.ts'
import { type TestApp, testPurchaseWebhook } from './app.ts'

export type { PurchaseFields } from '../dev/samples/revenuecat-event.ts'

/** A RevenueCat event, created now unless event_timestamp_ms is given. Undefined fields are omitted. */
export function purchaseEvent(type: string, fields: PurchaseFields = {}): PurchaseFields {
  const { event_timestamp_ms: at = Date.now() } = fields
  return samplePurchaseEvent(type, new Date(Number(at)), fields)
}

export interface PurchaseDeliveryInput {
  /** Sent instead of the event. */
  readonly body?: string | Buffer
  readonly secret?: string
  /** When it was signed. Default: the app's current time. */
  readonly signedAt?: Date
  /** Replace or, if undefined, remove headers of the delivery. */
  readonly headers?: Readonly<Record<string, string | undefined>>
  readonly path?: string
}

/** Posts an event to the webhook of RevenueCat over real HTTP, signed and with the Authorization value. */
export function deliverPurchaseEvent(
  app: Pick<TestApp, 'url' | 'now'>,
  event: PurchaseFields,
  input: PurchaseDeliveryInput = {},
): Promise<Response> {
  const { secret = testPurchaseWebhook.secret, signedAt = app.now, path = '/webhooks/revenuecat' } = input
  const body = Buffer.from(input.body ?? JSON.stringify({ api_version: '1.0', event }))
  const headers = new Headers({
    'content-type': 'application/json',
    authorization: testPurchaseWebhook.authorization,
    'x-revenuecat-webhook-signature': signPurchaseDelivery(secret, body, signedAt),
  })
  for (const [name, value] of Object.entries(input.headers ?? {})) {
    if (value === undefined) headers.delete(name)
    else headers.set(name, value)
  }
  return fetch(app.url + path, { method: 'POST', headers, body: new Uint8Array(body) })
}

/** The signature header of a RevenueCat delivery. */
export function signPurchaseDelivery(secret: string, body: string | Buffer, at: Date): string {
  const seconds = Math.floor(at.getTime() / 1_000)
  return `t=${seconds},v1=${createHmac('sha256', secret).update(`${seconds}.`).update(body).digest('hex')}`
}
