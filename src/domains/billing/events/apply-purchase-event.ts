import { v7 as uuidv7 } from 'uuid'
import type { BillingEvent } from '../../../generated/prisma/client.ts'
import type { Tx } from '../../../platform/database/db.ts'
import { isUserId, lockUsersForReference, usersNamed } from '../../users/index.ts'
import { productOf } from '../plans/product-of.ts'
import type { PurchaseEvent } from '../ports.ts'
import { isLifecycle } from '../subscriptions/apply-event-to-period.ts'
import { foldPurchases, namesOf, type PurchasePorts } from '../subscriptions/fold-purchases.ts'
import { requestRefresh } from '../subscriptions/request-refresh.ts'
import { type HashName, withHashedNames } from './hash-name.ts'
import { hashedIdsOf } from './hashed-ids.ts'
import { lockConnectedNames } from './lock-purchases.ts'
import { recordNames } from './record-names.ts'
import { resolveCustomer } from './resolve-customer.ts'
import { isPermitted } from './sandbox-rules.ts'
import { storeNames } from './store-names.ts'

/**
 * Stores an event of RevenueCat, and computes everything that it affects again from all stored events. So events may be
 * duplicated, out of order, and older than the user whom they name.
 */
export async function applyPurchaseEvent(
  tx: Tx,
  ports: PurchasePorts,
  { event, now }: { readonly event: PurchaseEvent; readonly now: Date },
): Promise<void> {
  // Locks users before purchases, as sign-up and erasure do, because credits reference the user's row.
  const names = namesOf([{ names: [...event.names], transferredTo: [...event.transferredTo] }])
  await lockUsersForReference(tx, { ids: names.filter(isUserId), clerkIds: names })
  const { hashName } = ports
  const connected = await lockConnectedNames(tx, hashName, () => hashesOfNamed(tx, hashName, names))
  await storeNames(tx, hashName, event)
  const stored = await storeEvent(tx, withHashedNames(hashName, event), now)
  if (!isPermitted(stored, ports.sandbox)) return
  warnOfUnknownProduct(ports, stored)

  const { resolveIdentified } = await resolveCustomer(tx, namesOf([stored]))
  const reassigned = await recordNames(tx, [stored], resolveIdentified)
  const affectsOtherKeys = stored.type === 'TRANSFER' || reassigned.length > 0
  const keys = affectsOtherKeys ? await keysOf(tx, connected) : []
  if (stored.subscriptionKey !== null) keys.push(stored.subscriptionKey)
  await foldPurchases(tx, ports, { keys: [...new Set(keys)], now })

  if (!ports.canRead) return
  const { resolveUserId } = await resolveCustomer(tx, namesOf([stored]))
  const affected = [
    resolveUserId(stored.names),
    resolveUserId(stored.transferredTo),
    ...reassigned.map(({ formerId }) => formerId),
  ]
  await requestRefresh(tx, { userIds: affected.filter((id) => id !== null), now })
}

/** Hashes these names, and the ids of the users whom they identify: the names of a first event have no rows yet. */
async function hashesOfNamed(tx: Tx, hashName: HashName, names: readonly string[]): Promise<string[]> {
  const hashes = names.map(hashName)
  for (const id of new Set((await usersNamed(tx, names)).values()))
    hashes.push(...(await hashedIdsOf(tx, hashName, id)))
  return hashes
}

/** Finds the keys of all subscriptions and packs with an event that contains one of these hashes. */
export async function keysOf(tx: Tx, hashes: readonly string[]): Promise<string[]> {
  const rows = await tx.billingEvent.findMany({
    where: { names: { hasSome: [...hashes] }, subscriptionKey: { not: null } },
    select: { subscriptionKey: true },
    distinct: ['subscriptionKey'],
  })
  return rows.map(({ subscriptionKey }) => subscriptionKey).filter((key) => key !== null)
}

async function storeEvent(tx: Tx, event: PurchaseEvent, now: Date): Promise<BillingEvent> {
  const { eventId, type, productId, names, transferredTo, entitlementKeys } = event
  // Temporary grants may have no transaction.
  const temporaryKey = type === 'TEMPORARY_ENTITLEMENT_GRANT' && productId !== null ? `temporary:${eventId}` : null
  const lists = { names: [...names], transferredTo: [...transferredTo], entitlementKeys: [...entitlementKeys] }
  const subscriptionKey = event.subscriptionKey ?? temporaryKey
  await tx.billingEvent.createMany({
    data: { ...event, ...lists, subscriptionKey, id: uuidv7({ msecs: now.getTime() }), receivedAt: now },
    skipDuplicates: true,
  })
  return tx.billingEvent.findUniqueOrThrow({ where: { eventId } })
}

function warnOfUnknownProduct({ plans, log }: PurchasePorts, event: BillingEvent): void {
  const { eventId, type, productId } = event
  if (!isLifecycle(event) || productId === null || productOf(plans, productId)) return
  log.warn(
    { eventId, type, productId },
    'an event names a product that is not in PLANS_FILE; add the product, then replay the event',
  )
}
