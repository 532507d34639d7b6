import type { Tx } from '../../../platform/database/db.ts'
import type { InboxEvent, InboxSource } from '../../../platform/inbox/inbox.ts'
import { eraseBody } from '../../../platform/inbox/inbox-body.ts'
import { isAnyErased } from '../../users/index.ts'
import type { PurchaseEvent } from '../ports.ts'
import type { BillingServices } from '../services.ts'
import { applyPurchaseEvent } from './apply-purchase-event.ts'
import { resolveCustomer } from './resolve-customer.ts'
import { revenueCatSource, revenueCatTypes } from './revenuecat-source.ts'

/** Applies RevenueCat's events. They have their own table, so the inbox may delete them. */
export function purchaseInbox(services: BillingServices): InboxSource {
  return {
    name: revenueCatSource,
    types: revenueCatTypes,
    async apply(tx, inboxEvent) {
      const event = services.webhooks.read(inboxEvent.body)
      await applyPurchaseEvent(tx, services, { event, now: services.clock() })
      await eraseBodyIfErased(tx, inboxEvent, event)
    },
  }
}

/** Erases the body of an event about an erased user: it has personal data, such as an email address and attributes. */
async function eraseBodyIfErased(tx: Tx, { id }: InboxEvent, { names, transferredTo }: PurchaseEvent): Promise<void> {
  const { resolveUserId } = await resolveCustomer(tx, [...names, ...transferredTo])
  const ids = [resolveUserId(names), resolveUserId(transferredTo)].filter((userId) => userId !== null)
  if (ids.length === 0) return
  if (await isAnyErased(tx, ids)) await eraseBody(tx, id)
}
