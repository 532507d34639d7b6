import { isUtf8 } from 'node:buffer'
import type { PurchaseWebhooks } from '../../domains/billing/ports.ts'
import { envelope, readPurchaseEvent, subjectOf } from './purchase-event.ts'
import { hasRecentSignature, isAuthorized, isSigned } from './verify-delivery.ts'

export interface RevenueCatWebhookOptions {
  /** Accepted values of the Authorization header. */
  readonly authorizations: readonly string[]
  /** Secrets of which any may have signed a delivery. */
  readonly secrets: readonly string[]
}

const maxContentTypeLength = 200

/** Verifies and reads RevenueCat's webhooks. If Authorization values and secrets are configured, both are required. */
export function createRevenueCatWebhooks({ authorizations, secrets }: RevenueCatWebhookOptions): PurchaseWebhooks {
  return {
    isConfigured: authorizations.length + secrets.length > 0,
    hasValidHeaders: (head) =>
      (authorizations.length === 0 || isAuthorized(head.headers, authorizations)) &&
      (secrets.length === 0 || hasRecentSignature(head)),
    verify(delivery) {
      const { body, headers } = delivery
      const isAuthentic =
        (authorizations.length === 0 || isAuthorized(headers, authorizations)) &&
        (secrets.length === 0 || isSigned(delivery, secrets))
      if (!isAuthentic || authorizations.length + secrets.length === 0) return 401
      const parsed = envelope.safeParse(parseJson(body))
      if (!parsed.success) return 400
      const { event } = parsed.data
      const contentType = headers['content-type']
      return {
        eventId: event.id,
        type: event.type,
        subject: subjectOf(event),
        contentType: contentType?.slice(0, maxContentTypeLength) ?? null,
        sentAt: event.event_timestamp_ms,
      }
    },
    read: (body) => readPurchaseEvent(parseJson(body)),
  }
}

function parseJson(body: Buffer): unknown {
  if (!isUtf8(body)) return null
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    return null
  }
}
