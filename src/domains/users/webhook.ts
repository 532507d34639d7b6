import { storeEvent } from '../../platform/inbox/inbox.ts'
import type { WebhookEndpoint } from '../../platform/inbox/webhooks.ts'
import { clerkSource, clerkTypes } from './clerk-inbox.ts'
import type { UsersServices } from './services.ts'

/** Receives Clerk's webhooks and stores them in the inbox. */
export function clerkWebhook({ db, encryptor, webhooks }: UsersServices): WebhookEndpoint {
  return {
    source: { name: clerkSource, types: clerkTypes },
    paths: ['/webhooks/clerk', '/api/webhooks/clerk'],
    checkHeaders({ headers }) {
      if (!webhooks.isConfigured) return 503
      return webhooks.hasValidHeaders(headers) ? null : 400
    },
    async receive({ body, headers, now }) {
      const verified = webhooks.verify({ body, headers })
      if (!verified) return { status: 400 }
      const event = { ...verified, source: clerkSource, body }
      const isNew = await db.transaction((tx) => storeEvent(tx, encryptor, { event, now }))
      return { status: 200, type: event.type, isNew }
    },
  }
}
