import type { Database } from '../../platform/database/db.ts'
import { rememberEvent } from '../../platform/inbox/inbox.ts'
import type { WebhookEndpoint } from '../../platform/inbox/webhooks.ts'
import type { Sealer } from '../../platform/sealing/sealing.ts'
import type { PurchaseWebhooks } from './ports.ts'
import { revenueCatSource, revenueCatTypes } from './source.ts'

/** Where RevenueCat tells of purchases. It takes nothing but 200 for an answer, and sends again otherwise. */
export function revenueCatWebhook(ports: {
  readonly db: Database
  readonly sealer: Sealer
  readonly webhooks: PurchaseWebhooks
}): WebhookEndpoint {
  const { db, sealer, webhooks } = ports
  return {
    source: { name: revenueCatSource, types: revenueCatTypes },
    paths: ['/webhooks/revenuecat', '/billing/notify'],
    async receive({ body, headers, now }) {
      if (!webhooks.isConfigured) return { status: 503 }
      const verified = webhooks.verify({ body, headers, now })
      if (verified === 400 || verified === 401) return { status: verified }
      const event = { ...verified, source: revenueCatSource, body }
      const isNew = await db.transaction((tx) => rememberEvent(tx, sealer, { event, now }))
      return { status: 200, type: event.type, isNew }
    },
  }
}
