import type { PlanSubscription } from '../../../generated/prisma/client.ts'
import type { Tx } from '../../../platform/database/db.ts'
import { completeCheckouts } from '../checkouts/complete-checkouts.ts'
import { hashedIdsOf } from '../events/hashed-ids.ts'
import { lockConnectedNames, lockKeys } from '../events/lock-purchases.ts'
import { reconcileGrants } from '../grants/reconcile-grants.ts'
import { wantedPack } from '../grants/wanted-grants.ts'
import { productOf } from '../plans/product-of.ts'
import type { CustomerSnapshot, SnapshotPurchase, SnapshotSubscription } from '../ports.ts'
import type { PurchasePorts } from './fold-purchases.ts'
import type { SubscriptionFacts } from './fold-subscription.ts'
import { keysOfTransactions, type MatchedSubscription, matchSnapshot } from './match-snapshot.ts'
import { settleRow } from './settle-subscription.ts'
import { isActive } from './subscription-status.ts'
import { factsOfRow, writeSubscription } from './write-subscription.ts'

export interface ReadCustomer {
  readonly userId: string
  readonly snapshot: CustomerSnapshot
  /** refreshDueAt when the customer was read. */
  readonly dueAt: Date
  readonly now: Date
}

/** Updates a user's subscriptions and credits to a snapshot, unless a newer one was applied. */
export async function applySnapshot(tx: Tx, ports: PurchasePorts, read: ReadCustomer): Promise<void> {
  const { userId, snapshot, dueAt } = read
  const names = await lockConnectedNames(tx, ports.hashName, () => hashedIdsOf(tx, ports.hashName, userId))
  const [customer] = await tx.$queryRaw<{ snapshotAt: Date | null }[]>`
    SELECT snapshot_at AS "snapshotAt" FROM billing_customers WHERE user_id = ${userId}::uuid FOR UPDATE`
  if (!customer) return
  await tx.billingCustomer.updateMany({ where: { userId, refreshDueAt: dueAt }, data: { refreshDueAt: null } })
  const { requestedAt, managementUrl } = snapshot
  if (customer.snapshotAt && requestedAt < customer.snapshotAt) return
  await tx.billingCustomer.update({ where: { userId }, data: { snapshotAt: requestedAt, managementUrl } })

  const isTester = names.some((hash) => ports.sandbox.testers.includes(hash))
  const counts = ({ isSandbox }: { readonly isSandbox: boolean }) => !isSandbox || ports.sandbox.allowed || isTester
  const purchases = snapshot.purchases.filter(counts)
  const lifetime = purchases.filter(({ productId }) => productOf(ports.plans, productId)?.kind === 'SUBSCRIPTION')
  await applySubscriptions(tx, ports, read, [
    ...snapshot.subscriptions.filter(counts),
    ...lifetime.map(asLifetimeSubscription),
  ])
  await applyPacks(tx, ports, read, purchases)
}

async function applySubscriptions(
  tx: Tx,
  ports: PurchasePorts,
  read: ReadCustomer,
  subscriptions: readonly SnapshotSubscription[],
): Promise<void> {
  const { userId, snapshot, now } = read
  const own = await tx.planSubscription.findMany({ where: { userId } })
  const matched = await matchSnapshot(tx, subscriptions, own)
  await lockKeys(
    tx,
    [...matched, ...own].map(({ key }) => key),
  )
  const rows: PlanSubscription[] = []
  for (const { key, subscription } of matched) {
    const former = await formerRow(tx, { key, subscription }, own)
    if (await isNewerElsewhere(tx, former, read)) continue
    const facts = factsOf(ports, read, { subscription, former })
    rows.push(await writeSubscription(tx, ports.plans, { key, userId, facts, now }))
  }
  const listed = new Set(matched.map(({ key }) => key))
  for (const row of await tx.planSubscription.findMany({ where: { userId, key: { notIn: [...listed] } } })) {
    if (!isActive(row, snapshot.requestedAt)) continue
    const ended = { ...factsOfRow(row), willRenew: false, endedAt: snapshot.requestedAt }
    await writeSubscription(tx, ports.plans, { key: row.key, userId, facts: ended, now })
  }
  for (const row of rows) await settleRow(tx, ports, { row, now })
}

/** Finds the row of a key. A row that was created from a snapshot gets the key. */
async function formerRow(
  tx: Tx,
  { key, subscription: { productId, store } }: MatchedSubscription,
  own: readonly PlanSubscription[],
): Promise<PlanSubscription | null> {
  const row = await tx.planSubscription.findUnique({ where: { key } })
  const alike = own.find((one) => one.productId === productId && one.store === store)
  return row ?? (alike ? tx.planSubscription.update({ where: { id: alike.id }, data: { key } }) : null)
}

/** Whether a newer snapshot of another user contains the subscription. The newest snapshot decides the owner. */
async function isNewerElsewhere(
  tx: Tx,
  row: PlanSubscription | null,
  { userId, snapshot }: ReadCustomer,
): Promise<boolean> {
  if (!row?.userId || row.userId === userId) return false
  const other = await tx.billingCustomer.findUnique({ where: { userId: row.userId }, select: { snapshotAt: true } })
  return (other?.snapshotAt ?? new Date(0)) > snapshot.requestedAt && isActive(row, snapshot.requestedAt)
}

function factsOf(
  { plans }: PurchasePorts,
  { snapshot }: ReadCustomer,
  { subscription, former }: { subscription: SnapshotSubscription; former: PlanSubscription | null },
): SubscriptionFacts {
  const { isSandbox: _, unsubscribedAt, ...fields } = subscription
  const { resumesAt, refundedAt, expiresAt, productId } = fields
  return {
    ...fields,
    entitlementKeys: [...(productOf(plans, productId)?.entitlements ?? former?.entitlementKeys ?? [])],
    willRenew: unsubscribedAt === null && refundedAt === null && expiresAt !== null,
    pausedAt: resumesAt && (former?.pausedAt ?? snapshot.requestedAt),
    endedAt: refundedAt,
  }
}

/** A lifetime purchase as a subscription without an end. */
function asLifetimeSubscription({ purchasedAt, ...purchase }: SnapshotPurchase): SnapshotSubscription {
  const never = { expiresAt: null, graceEndsAt: null, resumesAt: null, unsubscribedAt: null, billingIssueAt: null }
  return {
    ...purchase,
    ...never,
    periodType: 'NORMAL',
    isFamilyShare: false,
    refundedAt: null,
    purchasedAt,
    startedAt: purchasedAt,
  }
}

/** Grants packs without an event. Events decide about the others, because they contain the quantity and refunds. */
async function applyPacks(
  tx: Tx,
  { plans }: PurchasePorts,
  { userId, now }: ReadCustomer,
  purchases: readonly SnapshotPurchase[],
): Promise<void> {
  const ids = purchases.map(({ transactionId }) => transactionId).filter((id) => id !== null)
  if (ids.length === 0) return
  await lockKeys(tx, ids)
  const keyByTransaction = await keysOfTransactions(tx, ids)
  const wanted = purchases.flatMap(({ productId, transactionId, purchasedAt }) => {
    const product = productOf(plans, productId)
    if (!product?.credits || transactionId === null || keyByTransaction.has(transactionId)) return []
    return [wantedPack(product, { transactionId, quantity: 1, purchasedAt, userId })]
  })
  for (const { productKey, purchasedAt } of await reconcileGrants(tx, wanted, { now, mayMove: false })) {
    await completeCheckouts(tx, { userId, productKey, purchasedAt })
  }
}
