import { compareEvents, occurredAtOf, type StoredEvent } from '../events/event-order.ts'
import { type Owner, ownerSince } from '../events/owner-history.ts'
import { type Plans, type Product, planOfTier } from '../plans/plans.ts'
import { productOf } from '../plans/product-of.ts'
import type { Period } from '../subscriptions/apply-event-to-period.ts'
import { begunMonths, isPaid, type PaidMonth } from './paid-months.ts'

/** Credits that a purchase grants, or granted and does not any more. */
export interface WantedGrant {
  /** The store's transaction and, of a plan, the month. Unique: a purpose is granted once. */
  readonly purpose: string
  /** Why the credits are revoked: the purchase was refunded, or the plan ended before that month. */
  readonly isVoid: false | 'refunded' | 'ended'
  /** Null if the user is not known yet. */
  readonly userId: string | null
  readonly amount: number
  readonly source: 'PLANS' | 'PURCHASES'
  /** As shown to the user: 'Plus: credits of November'. */
  readonly description: string
  readonly expiresAt: Date | null
  readonly productKey: string
  readonly purchasedAt: Date
}

type PaidPeriod = Pick<
  Period,
  | 'transactionId'
  | 'productId'
  | 'store'
  | 'periodType'
  | 'isFamilyShare'
  | 'purchasedAt'
  | 'paidUntil'
  | 'firstEventAt'
  | 'expiredAt'
  | 'refundedAt'
>

/** The subscription of a period. Its key is used in place of a missing transaction id. */
export interface SubscriptionOwnership {
  readonly key: string
  readonly owners: readonly Owner[]
}

/**
 * The months of a paid period that have begun and not ended; of a refunded period, all that have begun. An extension of
 * the period is not paid, so it adds no months.
 */
export function wantedMonths(
  plans: Plans,
  period: PaidPeriod,
  { key, owners }: SubscriptionOwnership,
  now: Date,
): WantedGrant[] {
  const { productId, transactionId, purchasedAt, paidUntil, firstEventAt, expiredAt, refundedAt } = period
  const product = productOf(plans, productId)
  if (!product?.tier || paidUntil === undefined || !isPaid(period)) return []
  const { name, monthlyCredits: amount } = planOfTier(plans, product.tier)
  if (amount === 0) return []
  const isVoid = ({ beginsAt }: PaidMonth) => {
    if (refundedAt !== null) return 'refunded'
    return expiredAt !== null && beginsAt >= expiredAt && 'ended'
  }
  return begunMonths({ purchasedAt, expiresAt: paidUntil }, now)
    .begun.filter(({ expiresAt }) => refundedAt !== null || expiresAt === null || expiresAt > now)
    .map((month) => ({
      purpose: `${transactionId ?? key}:${month.beginsAt.toISOString().slice(0, 10)}`,
      isVoid: isVoid(month),
      userId: ownerSince(owners, month.beginsAt > firstEventAt ? month.beginsAt : firstEventAt),
      amount,
      source: 'PLANS',
      description: `${name}: credits of ${monthName.format(month.beginsAt)}`,
      expiresAt: month.expiresAt,
      productKey: product.key,
      purchasedAt,
    }))
}

const monthName = new Intl.DateTimeFormat('en', { month: 'long', timeZone: 'UTC' })

/** The credit packs in the events of one key, one per transaction. Void if the transaction was cancelled for any reason. */
export function wantedPacks(plans: Plans, events: readonly StoredEvent[], owners: readonly Owner[]): WantedGrant[] {
  const inOrder = events.toSorted(compareEvents)
  const packs = new Map<string, WantedGrant>()
  for (const event of inOrder) {
    const { type, productId, transactionId, quantity, purchasedAt } = event
    const product = productOf(plans, productId ?? '')
    if (type !== 'NON_RENEWING_PURCHASE' || !product?.credits || transactionId === null) continue
    const lastRefund = inOrder.findLast((other) => refunds.has(other.type) && other.transactionId === transactionId)
    const purchase = { transactionId, quantity, purchasedAt: purchasedAt ?? event.occurredAt }
    const pack = wantedPack(product, { ...purchase, userId: ownerSince(owners, occurredAtOf(event)) })
    packs.set(transactionId, { ...pack, isVoid: lastRefund?.type === 'CANCELLATION' && 'refunded' })
  }
  return [...packs.values()]
}

const refunds: ReadonlySet<string> = new Set(['CANCELLATION', 'REFUND_REVERSED'])

interface BoughtPack {
  readonly transactionId: string
  readonly quantity: number
  readonly purchasedAt: Date
  readonly userId: string | null
}

/** The credits of a pack that was not refunded. */
export function wantedPack(
  product: Product,
  { transactionId, quantity, purchasedAt, userId }: BoughtPack,
): WantedGrant {
  return {
    purpose: transactionId,
    isVoid: false,
    userId,
    amount: (product.credits ?? 0) * quantity,
    source: 'PURCHASES',
    description: quantity === 1 ? product.name : `${quantity} × ${product.name}`,
    expiresAt: null,
    productKey: product.key,
    purchasedAt,
  }
}
