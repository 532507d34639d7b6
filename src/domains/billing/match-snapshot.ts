import type { PlanSubscription } from '../../generated/prisma/client.ts'
import type { Tx } from '../../platform/database/db.ts'
import type { SnapshotSubscription } from './ports.ts'

/** A subscription of a snapshot with the key of its row here. */
export interface MatchedSubscription {
  readonly key: string
  readonly subscription: SnapshotSubscription
}

/** What a snapshot alone has told of has no key of the store's. */
const keyOf = ({ store, productId, startedAt }: SnapshotSubscription) =>
  `${store}:${productId}@${startedAt.toISOString()}`

/**
 * Finds the rows of a snapshot's subscriptions: by the events of their transaction, else by product and store among the
 * person's own, else they are new. A snapshot lists each product of a subscription that changed products; the newest
 * counts.
 */
export async function matchSnapshot(
  tx: Tx,
  subscriptions: readonly SnapshotSubscription[],
  own: readonly PlanSubscription[],
): Promise<MatchedSubscription[]> {
  const told = await keysOfTransactions(
    tx,
    subscriptions.map(({ transactionId }) => transactionId).filter((id) => id !== null),
  )
  const matched = new Map<string, SnapshotSubscription>()
  for (const subscription of subscriptions) {
    const { productId, store, transactionId } = subscription
    const alike = own.find((row) => row.productId === productId && row.store === store)
    const key = told.get(transactionId ?? '') ?? alike?.key ?? keyOf(subscription)
    const other = matched.get(key)
    if (!other || other.purchasedAt < subscription.purchasedAt) matched.set(key, subscription)
  }
  return [...matched].map(([key, subscription]) => ({ key, subscription }))
}

/** By the store's transaction: the key that events have for it. */
export async function keysOfTransactions(tx: Tx, ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const events = await tx.billingEvent.findMany({
    where: { transactionId: { in: [...ids] }, subscriptionKey: { not: null } },
    select: { transactionId: true, subscriptionKey: true },
  })
  return new Map(events.map(({ transactionId, subscriptionKey }) => [transactionId ?? '', subscriptionKey ?? '']))
}
