import type { Tx } from '../../../platform/database/db.ts'
import type { InboxEvent, InboxSource } from '../../../platform/inbox/inbox.ts'
import { eraseBody, eraseSubject } from '../../../platform/inbox/inbox-body.ts'
import { isAnyErased, usersNamed } from '../../users/index.ts'
import type { PurchaseEvent } from '../ports.ts'
import type { BillingServices } from '../services.ts'
import { applyPurchaseEvent } from './apply-purchase-event.ts'
import { withHashedNames } from './hash-name.ts'
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
      await eraseIfErased(tx, services, inboxEvent, event)
    },
  }
}

/**
 * Erases the body of an event about an erased user: it has personal data, such as an email address and attributes. The
 * subject stays only if it is an id of the user, which the tombstone has too.
 */
async function eraseIfErased(
  tx: Tx,
  { hashName }: BillingServices,
  { id, subject }: InboxEvent,
  event: PurchaseEvent,
): Promise<void> {
  const { names, transferredTo } = withHashedNames(hashName, event)
  const { resolveUserId } = await resolveCustomer(tx, [...names, ...transferredTo])
  const ids = [resolveUserId(names), resolveUserId(transferredTo)].filter((userId) => userId !== null)
  if (ids.length === 0) return
  if (!(await isAnyErased(tx, ids))) return
  await eraseBody(tx, id)
  if (subject !== null && !(await usersNamed(tx, [subject])).has(subject)) await eraseSubject(tx, id)
}
