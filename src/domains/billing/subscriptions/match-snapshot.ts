import type { PlanSubscription } from '../../../generated/prisma/client.ts'
import type { Tx } from '../../../platform/database/db.ts'
import type { SnapshotSubscription } from '../ports.ts'

/** A subscription of a snapshot with the key of its row. */
export interface MatchedSubscription {
  readonly key: string
  readonly subscription: SnapshotSubscription
}

/** The key of a subscription without events: the store, the product and the start. */
const keyOf = ({ store, productId, startedAt }: SnapshotSubscription) =>
  `${store}:${productId}@${startedAt.toISOString()}`

/**
 * Finds the keys of a snapshot's subscriptions: by the events of their transaction, otherwise by product and store in the
 * user's own rows; otherwise they are new. A subscription that changed products is in a snapshot once per product; the
 * newest counts.
 */
export async function matchSnapshot(
  tx: Tx,
  subscriptions: readonly SnapshotSubscription[],
  own: readonly PlanSubscription[],
): Promise<MatchedSubscription[]> {
  const keyByTransaction = await keysOfTransactions(
    tx,
    subscriptions.map(({ transactionId }) => transactionId).filter((id) => id !== null),
  )
  const matched = new Map<string, SnapshotSubscription>()
  for (const subscription of subscriptions) {
    const { productId, store, transactionId } = subscription
    const alike = own.find((row) => row.productId === productId && row.store === store)
    const key = keyByTransaction.get(transactionId ?? '') ?? alike?.key ?? keyOf(subscription)
    const other = matched.get(key)
    if (!other || other.purchasedAt < subscription.purchasedAt) matched.set(key, subscription)
  }
  return [...matched].map(([key, subscription]) => ({ key, subscription }))
}

/** Maps the store's transactions to the keys of their events. */
export async function keysOfTransactions(tx: Tx, ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const events = await tx.billingEvent.findMany({
    where: { transactionId: { in: [...ids] }, subscriptionKey: { not: null } },
    select: { transactionId: true, subscriptionKey: true },
  })
  return new Map(events.map(({ transactionId, subscriptionKey }) => [transactionId ?? '', subscriptionKey ?? '']))
}
