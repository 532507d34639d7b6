import { randomUUID } from 'node:crypto'
import { Webhook } from 'svix'
import { testWebhookSecret } from './app.ts'

export interface ClerkDeliveryWish {
  readonly type?: string
  readonly data?: unknown
  /** Sent instead of what `type` and `data` make. */
  readonly body?: string | Buffer
  /** The event's id; a new one unless told. */
  readonly id?: string
  readonly secret?: string
  /** When it was sent; now unless told. */
  readonly timestamp?: Date
  /** Replace or, when undefined, remove those of the signed delivery. */
  readonly headers?: Readonly<Record<string, string | undefined>>
  readonly path?: string
}

/** Posts a signed delivery to the webhook of Clerk, over real HTTP. */
export function deliver({ url }: { readonly url: string }, wish: ClerkDeliveryWish): Promise<Response> {
  const { type, data = {}, id, secret, timestamp = new Date(), path = '/webhooks/clerk' } = wish
  const body = wish.body ?? JSON.stringify({ data, object: 'event', timestamp: timestamp.getTime(), type })
  const signed = signDelivery({ body, timestamp, ...(id && { id }), ...(secret && { secret }) })
  const headers = new Headers({ 'content-type': 'application/json', ...signed })
  for (const [name, value] of Object.entries(wish.headers ?? {})) {
    if (value === undefined) headers.delete(name)
    else headers.set(name, value)
  }
  return fetch(url + path, { method: 'POST', headers, body: typeof body === 'string' ? body : new Uint8Array(body) })
}

/** The headers with which Svix signs a body. */
export function signDelivery({
  body,
  id = `msg_${randomUUID()}`,
  timestamp = new Date(),
  secret = testWebhookSecret,
}: {
  readonly body: string | Buffer
  readonly id?: string
  readonly timestamp?: Date
  readonly secret?: string
}) {
  return {
    'svix-id': id,
    'svix-timestamp': String(Math.floor(timestamp.getTime() / 1_000)),
    'svix-signature': new Webhook(secret).sign(id, timestamp, body),
  }
}
