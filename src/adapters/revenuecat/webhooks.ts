import { isUtf8 } from 'node:buffer'
import type { PurchaseWebhooks } from '../../domains/billing/ports.ts'
import { isAuthorized, isSigned } from './authentic.ts'
import { envelope, readPurchaseEvent, subjectOf } from './purchase-event.ts'

export interface RevenueCatWebhookOptions {
  /** Whole values of the Authorization header; each of them is right. */
  readonly authorizations: readonly string[]
  /** Each of them verifies signatures. */
  readonly secrets: readonly string[]
}

const longestContentType = 200

/** RevenueCat's webhooks. Where both an Authorization value and a secret are configured, a delivery needs both. */
export function createRevenueCatWebhooks({ authorizations, secrets }: RevenueCatWebhookOptions): PurchaseWebhooks {
  return {
    isConfigured: authorizations.length + secrets.length > 0,
    verify(delivery) {
      const { body, headers } = delivery
      const isRight =
        (authorizations.length === 0 || isAuthorized(headers, authorizations)) &&
        (secrets.length === 0 || isSigned(delivery, secrets))
      if (!isRight || authorizations.length + secrets.length === 0) return 401
      const said = envelope.safeParse(parseJson(body))
      if (!said.success) return 400
      const { event } = said.data
      const contentType = headers['content-type']
      return {
        eventId: event.id,
        type: event.type,
        subject: subjectOf(event),
        contentType: contentType?.slice(0, longestContentType) ?? null,
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
