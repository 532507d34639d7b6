import type { Clock } from '../../platform/clock.ts'
import type { Tx } from '../../platform/database/db.ts'
import type { InboxEvent, InboxSource } from '../../platform/inbox/inbox.ts'
import { applyPurchaseEvent } from './apply-purchase-event.ts'
import type { PurchasePorts } from './fold-purchases.ts'
import type { PurchaseEvent, PurchaseWebhooks } from './ports.ts'
import { revenueCatSource, revenueCatTypes } from './source.ts'
import { whoIs } from './who-is.ts'

export interface PurchaseInboxPorts extends PurchasePorts {
  readonly webhooks: PurchaseWebhooks
  readonly clock: Clock
}

/** What RevenueCat's events do. They are kept in a table of their own, so the inbox may forget them. */
export function purchaseInbox(ports: PurchaseInboxPorts): InboxSource {
  return {
    name: revenueCatSource,
    types: revenueCatTypes,
    async apply(tx, inboxEvent) {
      const event = ports.webhooks.read(inboxEvent.body)
      await applyPurchaseEvent(tx, ports, { event, now: ports.clock() })
      await forgetIfErased(tx, inboxEvent, event)
    },
  }
}

/** What comes after a person was erased says things of them (an address, attributes) that were to be forgotten. */
async function forgetIfErased(tx: Tx, { id }: InboxEvent, { names, transferredTo }: PurchaseEvent): Promise<void> {
  const { who } = await whoIs(tx, [...names, ...transferredTo])
  const ids = [who(names), who(transferredTo)].filter((userId) => userId !== null)
  if (ids.length === 0) return
  const erased = await tx.user.count({ where: { id: { in: ids }, standing: 'DELETED' } })
  if (erased > 0) await tx.inboxEvent.update({ where: { id }, data: { body: null } })
}
