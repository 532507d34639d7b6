import { v7 as uuidv7 } from 'uuid'
import type { BillingEvent } from '../../generated/prisma/client.ts'
import type { Tx } from '../../platform/database/db.ts'
import { foldPurchases, namesOf, type PurchasePorts } from './fold-purchases.ts'
import { lockConnectedNames } from './lock-purchases.ts'
import { isLifecycle } from './period.ts'
import type { PurchaseEvent } from './ports.ts'
import { productOf } from './product-of.ts'
import { rememberNames } from './remember-names.ts'
import { requestRefresh } from './request-refresh.ts'
import { isPermitted } from './sandbox.ts'
import { isOurId, whoIs } from './who-is.ts'

/**
 * Keeps what RevenueCat told, and makes everything that it concerns follow from all that was told. So it may come twice,
 * in any order, and before the person whom it names.
 */
export async function applyPurchaseEvent(
  tx: Tx,
  ports: PurchasePorts,
  { event, now }: { readonly event: PurchaseEvent; readonly now: Date },
): Promise<void> {
  await holdPeople(tx, namesOf([{ names: [...event.names], transferredTo: [...event.transferredTo] }]))
  const connected = await lockConnectedNames(tx, async () => [...event.names, ...event.transferredTo])
  const stored = await storeEvent(tx, event, now)
  if (!isPermitted(stored, ports.sandbox)) return
  warnOfUnknown(ports, stored)

  const { named } = await whoIs(tx, namesOf([stored]))
  const renamed = await rememberNames(tx, [stored], named)
  const isWide = stored.type === 'TRANSFER' || renamed.length > 0
  const keys = isWide ? await keysOf(tx, connected) : []
  if (stored.subscriptionKey !== null) keys.push(stored.subscriptionKey)
  await foldPurchases(tx, ports, { keys: [...new Set(keys)], now })

  if (!ports.canRead) return
  const { who } = await whoIs(tx, namesOf([stored]))
  const concerned = [who(stored.names), who(stored.transferredTo), ...renamed.map(({ formerId }) => formerId)]
  await requestRefresh(tx, { userIds: concerned.filter((id) => id !== null), now })
}

/** Every subscription and pack of which an event has one of these names. */
export async function keysOf(tx: Tx, names: readonly string[]): Promise<string[]> {
  const rows = await tx.billingEvent.findMany({
    where: { names: { hasSome: [...names] }, subscriptionKey: { not: null } },
    select: { subscriptionKey: true },
    distinct: ['subscriptionKey'],
  })
  return rows.map(({ subscriptionKey }) => subscriptionKey).filter((key) => key !== null)
}

/** People before purchases, as an arrival and an erasure lock them: credits of theirs hang on their row. */
async function holdPeople(tx: Tx, names: readonly string[]): Promise<void> {
  await tx.$executeRaw`
    SELECT FROM users WHERE clerk_id = ANY(${[...names]}::text[]) OR id = ANY(${names.filter(isOurId)}::uuid[])
    ORDER BY id FOR KEY SHARE`
}

async function storeEvent(tx: Tx, event: PurchaseEvent, now: Date): Promise<BillingEvent> {
  const { eventId, type, productId, names, transferredTo, entitlementKeys } = event
  // What is lent may be of no transaction.
  const loan = type === 'TEMPORARY_ENTITLEMENT_GRANT' && productId !== null ? `temporary:${eventId}` : null
  const lists = { names: [...names], transferredTo: [...transferredTo], entitlementKeys: [...entitlementKeys] }
  const subscriptionKey = event.subscriptionKey ?? loan
  await tx.billingEvent.createMany({
    data: { ...event, ...lists, subscriptionKey, id: uuidv7({ msecs: now.getTime() }), receivedAt: now },
    skipDuplicates: true,
  })
  return tx.billingEvent.findUniqueOrThrow({ where: { eventId } })
}

function warnOfUnknown({ plans, log }: PurchasePorts, event: BillingEvent): void {
  const { eventId, type, productId } = event
  if (!isLifecycle(event) || productId === null || productOf(plans, productId)) return
  log.warn(
    { eventId, type, productId },
    'an event of a product that PLANS_FILE does not know; add it, then replay the event',
  )
}
