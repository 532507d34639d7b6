import { v7 as uuidv7 } from 'uuid'
import type { PlanSubscription } from '../../../generated/prisma/client.ts'
import { notify, type Tx } from '../../../platform/database/db.ts'
import type { HashName } from '../events/hash-name.ts'
import { lockKeys } from '../events/lock-purchases.ts'
import { storeNames } from '../events/store-names.ts'
import type { BillingServices } from '../services.ts'
import { planTopic } from '../topic.ts'
import { requestRefresh } from './request-refresh.ts'

/**
 * Stores that the provider turned off the renewal: in the row, and as an event of Pacer's own, so that the next fold keeps
 * it. The provider's later event changes nothing. Of concurrent calls only the first one writes.
 */
export async function recordCancellation(
  tx: Tx,
  { canRead, hashName }: Pick<BillingServices, 'canRead' | 'hashName'>,
  { id, now }: { readonly id: string; readonly now: Date },
): Promise<void> {
  const { key, userId: ownerId } = await tx.planSubscription.findUniqueOrThrow({
    where: { id },
    select: { key: true, userId: true },
  })
  // Names precede keys, as in the processing of events.
  await storeNames(tx, hashName, { names: ownerId === null ? [] : [ownerId], transferredTo: [] })
  await lockKeys(tx, [key])
  const subscription = await tx.planSubscription.findUnique({ where: { id, willRenew: true } })
  if (!subscription) return
  await tx.billingEvent.create({ data: eventOf(subscription, hashName, now) })
  await tx.planSubscription.update({ where: { id }, data: { willRenew: false } })
  const { userId } = subscription
  if (userId === null) return
  notify(tx, planTopic(userId))
  if (canRead) await requestRefresh(tx, { userIds: [userId], now })
}

/** The time is part of the id, because a renewal that was turned on again can be cancelled again. */
function eventOf(subscription: PlanSubscription, hashName: HashName, now: Date) {
  const { key, userId, transactionId, productId, entitlementKeys, store, periodType, isFamilyShare } = subscription
  return {
    id: uuidv7(),
    eventId: `pacer:cancel:${key}:${transactionId ?? ''}:${now.getTime()}`,
    type: 'CANCELLATION',
    reason: 'UNSUBSCRIBE',
    occurredAt: now,
    receivedAt: now,
    environment: null,
    names: userId === null ? [] : [hashName(userId)],
    transferredTo: [],
    subscriptionKey: key,
    transactionId,
    productId,
    entitlementKeys,
    store,
    periodType,
    isFamilyShare,
    purchasedAt: subscription.purchasedAt,
    expiresAt: subscription.expiresAt,
    graceEndsAt: subscription.graceEndsAt,
    resumesAt: null,
    quantity: 1,
  }
}
