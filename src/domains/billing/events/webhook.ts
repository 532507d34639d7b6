import { storeEvent } from '../../../platform/inbox/inbox.ts'
import type { WebhookEndpoint } from '../../../platform/inbox/webhooks.ts'
import type { BillingServices } from '../services.ts'
import { revenueCatSource, revenueCatTypes } from './revenuecat-source.ts'

/** Receives RevenueCat's events. RevenueCat retries until the response is 200. */
export function revenueCatWebhook({ db, encryptor, webhooks }: BillingServices): WebhookEndpoint {
  return {
    source: { name: revenueCatSource, types: revenueCatTypes },
    paths: ['/webhooks/revenuecat', '/billing/notify'],
    checkHeaders(head) {
      if (!webhooks.isConfigured) return 503
      return webhooks.hasValidHeaders(head) ? null : 401
    },
    async receive({ body, headers, now }) {
      const verified = webhooks.verify({ body, headers, now })
      if (verified === 400 || verified === 401) return { status: verified }
      const event = { ...verified, source: revenueCatSource, body }
      const isNew = await db.transaction((tx) => storeEvent(tx, encryptor, { event, now }))
      return { status: 200, type: event.type, isNew }
    },
  }
}
