import { createHmac } from 'node:crypto'
import { type PurchaseFields, purchaseEventOf } from '../dev/samples/revenuecat-event.ts'
import { type TestApp, testPurchaseWebhook } from './app.ts'

export type { PurchaseFields } from '../dev/samples/revenuecat-event.ts'

/** An event of RevenueCat, made now unless event_timestamp_ms says otherwise; fields that are undefined are left out. */
export function purchaseEvent(type: string, fields: PurchaseFields = {}): PurchaseFields {
  const { event_timestamp_ms: at = Date.now() } = fields
  return purchaseEventOf(type, new Date(Number(at)), fields)
}

export interface PurchaseDeliveryWish {
  /** Sent instead of the event. */
  readonly body?: string | Buffer
  readonly secret?: string
  /** When it was signed; the app's present instant unless told. */
  readonly signedAt?: Date
  /** Replace or, when undefined, remove those of the delivery. */
  readonly headers?: Readonly<Record<string, string | undefined>>
  readonly path?: string
}

/** Posts an event to the webhook of RevenueCat, over real HTTP, signed and with the Authorization value. */
export function deliverPurchaseEvent(
  app: Pick<TestApp, 'url' | 'now'>,
  event: PurchaseFields,
  wish: PurchaseDeliveryWish = {},
): Promise<Response> {
  const { secret = testPurchaseWebhook.secret, signedAt = app.now, path = '/webhooks/revenuecat' } = wish
  const body = Buffer.from(wish.body ?? JSON.stringify({ api_version: '1.0', event }))
  const headers = new Headers({
    'content-type': 'application/json',
    authorization: testPurchaseWebhook.authorization,
    'x-revenuecat-webhook-signature': signPurchaseDelivery(secret, body, signedAt),
  })
  for (const [name, value] of Object.entries(wish.headers ?? {})) {
    if (value === undefined) headers.delete(name)
    else headers.set(name, value)
  }
  return fetch(app.url + path, { method: 'POST', headers, body: new Uint8Array(body) })
}

/** The header with which RevenueCat signs a body. */
export function signPurchaseDelivery(secret: string, body: string | Buffer, at: Date): string {
  const seconds = Math.floor(at.getTime() / 1_000)
  return `t=${seconds},v1=${createHmac('sha256', secret).update(`${seconds}.`).update(body).digest('hex')}`
}
