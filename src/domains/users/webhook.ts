import type { Database } from '../../platform/database/db.ts'
import { rememberEvent } from '../../platform/inbox/inbox.ts'
import type { WebhookEndpoint } from '../../platform/inbox/webhooks.ts'
import type { Sealer } from '../../platform/sealing/sealing.ts'
import { clerkSource, clerkTypes } from './clerk-inbox.ts'
import type { ClerkWebhooks } from './ports.ts'

/** Where Clerk tells of its people. */
export function clerkWebhook(ports: {
  readonly db: Database
  readonly sealer: Sealer
  readonly webhooks: ClerkWebhooks
}): WebhookEndpoint {
  const { db, sealer, webhooks } = ports
  return {
    source: { name: clerkSource, types: clerkTypes },
    paths: ['/webhooks/clerk', '/api/webhooks/clerk'],
    async receive({ body, headers, now }) {
      if (!webhooks.isConfigured) return { status: 503 }
      const verified = webhooks.verify({ body, headers })
      if (!verified) return { status: 400 }
      const event = { ...verified, source: clerkSource, body }
      const isNew = await db.transaction((tx) => rememberEvent(tx, sealer, { event, now }))
      return { status: 200, type: event.type, isNew }
    },
  }
}
