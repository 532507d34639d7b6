import webPush from 'web-push'
import type { PushMessage, PushResult, PushSender } from '../../domains/notifications/ports.ts'
import { deliveryFailures, notificationMessages } from '../../domains/notifications/ports.ts'
import { parseRetryAfter } from '../../platform/retry.ts'
import { mayBePublic, NotPublic, postToPublic } from '../../platform/vendors/public-request.ts'
import { fitPayload } from './fit-payload.ts'

export interface WebPushOptions {
  readonly vapid: {
    /** base64url: an uncompressed point of P-256. */
    readonly publicKey: string
    readonly privateKey: string
    /** A mailto: or https: URL of the operator, for push services. */
    readonly subject: string
  }
  /** For tests and development. */
  readonly allowsLoopback: boolean
  readonly timeoutMs?: number
  readonly clock?: () => Date
}

/**
 * Sends push messages to browsers. The package builds and encrypts the requests (RFC 8291); it does not send them, since
 * its own sending speaks https only and bounds neither the payload nor the address.
 */
export function createWebPush({
  timeoutMs = 10_000,
  clock = () => new Date(),
  ...options
}: WebPushOptions): PushSender {
  const { vapid, allowsLoopback } = options
  return {
    async refusal({ token, keys }) {
      const isPublic = keys !== undefined && URL.canParse(token) && mayBePublic(new URL(token), { allowsLoopback })
      return isPublic ? null : notificationMessages.endpointNotPublic()
    },
    async send({ token, keys }, message, signal) {
      if (!keys) return refused('no keys')
      const details = webPush.generateRequestDetails({ endpoint: token, keys }, payloadOf(message), {
        vapidDetails: vapid,
        TTL: message.ttlSeconds,
        urgency: 'high',
        topic: message.tag.replaceAll('-', '').slice(0, 32),
      })
      const headers = Object.fromEntries(Object.entries(details.headers).map(([name, value]) => [name, String(value)]))
      const timeout = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])
      try {
        const request = { url: new URL(token), headers, body: new Uint8Array(details.body), signal: timeout }
        const { status, headers: received } = await postToPublic({ ...request, allowsLoopback })
        return resultOf(status, { retryAfter: received['retry-after'] ?? null, now: clock() })
      } catch (error) {
        return resultOfError(error)
      }
    },
  }
}

const vendor = 'Web Push'

function payloadOf({ title, body, tag, data }: PushMessage): string {
  return fitPayload({ title, body }, (texts) => JSON.stringify({ ...texts, tag, data }))
}

/** What the status of a push service means (RFC 8030). */
function resultOf(
  status: number,
  { retryAfter, now }: { readonly retryAfter: string | null; readonly now: Date },
): PushResult {
  if (status >= 200 && status < 300) return { outcome: 'accepted', vendorId: null }
  if (status === 404 || status === 410) {
    return { outcome: 'unregistered', failure: deliveryFailures.deviceRemoved({ vendor }) }
  }
  if (status === 429 || status >= 500) {
    const failure = deliveryFailures.vendorUnavailable({ vendor })
    return { outcome: 'retry', failure, retryAt: parseRetryAfter(retryAfter, now) }
  }
  return refused(String(status))
}

const refused = (reason: string): PushResult => ({
  outcome: 'refused',
  failure: deliveryFailures.vendorRefused({ vendor, reason }),
})

/** These arise before the request is sent; after any other error it is unknown whether the service has the message. */
const beforeSending = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'])

function resultOfError(error: unknown): PushResult {
  if (error instanceof NotPublic) return refused('the endpoint is not public')
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return beforeSending.has(code)
    ? { outcome: 'retry', failure: deliveryFailures.vendorUnavailable({ vendor }), retryAt: null }
    : { outcome: 'unknown', failure: deliveryFailures.answerLost() }
}
