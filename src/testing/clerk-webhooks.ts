import { randomUUID } from 'node:crypto'
import { Webhook } from 'svix'
import { testWebhookSecret } from './app.ts'

export interface ClerkDeliveryInput {
  readonly type?: string
  readonly data?: unknown
  /** Sent instead of a body with `type` and `data`. */
  readonly body?: string | Buffer
  /** The id of the event. Default: a new one. */
  readonly id?: string
  readonly secret?: string
  /** When it was sent. Default: now. */
  readonly timestamp?: Date
  /** Replace or, if undefined, remove headers of the signed delivery. */
  readonly headers?: Readonly<Record<string, string | undefined>>
  readonly path?: string
}

/** Posts a signed delivery to the webhook of Clerk over real HTTP. */
export function deliver({ url }: { readonly url: string }, input: ClerkDeliveryInput): Promise<Response> {
  const { type, data = {}, id, secret, timestamp = new Date(), path = '/webhooks/clerk' } = input
  const body = input.body ?? JSON.stringify({ data, object: 'event', timestamp: timestamp.getTime(), type })
  const signed = signDelivery({ body, timestamp, ...(id && { id }), ...(secret && { secret }) })
  const headers = new Headers({ 'content-type': 'application/json', ...signed })
  for (const [name, value] of Object.entries(input.headers ?? {})) {
    if (value === undefined) headers.delete(name)
    else headers.set(name, value)
  }
  return fetch(url + path, { method: 'POST', headers, body: typeof body === 'string' ? body : new Uint8Array(body) })
}

/** The headers of a delivery signed by Svix. */
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
