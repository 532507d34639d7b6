import { type Plans, type Product, planOfTier } from '../../config/plans.ts'
import { compareEvents, type StoredEvent, toldAt } from './event-order.ts'
import { type Owner, ownerSince } from './owners.ts'
import { begunMonths, isPaid, type PaidMonth } from './paid-months.ts'
import type { Period } from './period.ts'
import { productOf } from './product-of.ts'

/** Credits that a purchase says somebody should have, or nobody any more. */
export interface WantedGrant {
  /** The store's transaction, and of a plan which of its months: nothing is given twice for it, to anybody. */
  readonly purpose: string
  /** Why it is nobody's any more: the money went back, or the plan had ended before that month. */
  readonly isVoid: false | 'refunded' | 'ended'
  /** Null: nobody known yet. */
  readonly userId: string | null
  readonly amount: number
  readonly source: 'PLANS' | 'PURCHASES'
  /** For the person: 'Plus: credits of November'. */
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
  | 'heardAt'
  | 'expiredAt'
  | 'refundedAt'
>

/** Which it is of: the subscription's key stands in for a transaction that has no id. */
export interface Subscribed {
  readonly key: string
  readonly owners: readonly Owner[]
}

/**
 * The months of a paid period that have begun and are not over; of one that was refunded all that have begun. An
 * extension of its end is a present, so it adds none.
 */
export function wantedMonths(plans: Plans, period: PaidPeriod, { key, owners }: Subscribed, now: Date): WantedGrant[] {
  const { productId, transactionId, purchasedAt, paidUntil, heardAt, expiredAt, refundedAt } = period
  const product = productOf(plans, productId)
  if (!product?.tier || paidUntil === undefined || !isPaid(period)) return []
  const { name, monthlyCredits: amount } = planOfTier(plans, product.tier)
  if (amount === 0) return []
  const isVoid = ({ beginsAt }: PaidMonth) => {
    if (refundedAt !== null) return 'refunded'
    return expiredAt !== null && beginsAt >= expiredAt && 'ended'
  }
  return begunMonths({ purchasedAt, expiresAt: paidUntil }, now)
    .begun.filter(({ lapsesAt }) => refundedAt !== null || lapsesAt === null || lapsesAt > now)
    .map((month) => ({
      purpose: `${transactionId ?? key}:${month.beginsAt.toISOString().slice(0, 10)}`,
      isVoid: isVoid(month),
      userId: ownerSince(owners, month.beginsAt > heardAt ? month.beginsAt : heardAt),
      amount,
      source: 'PLANS',
      description: `${name}: credits of ${monthName.format(month.beginsAt)}`,
      expiresAt: month.lapsesAt,
      productKey: product.key,
      purchasedAt,
    }))
}

const monthName = new Intl.DateTimeFormat('en', { month: 'long', timeZone: 'UTC' })

/** The credit packs among the events of one key: each transaction's, void when it was cancelled, for any reason. */
export function wantedPacks(plans: Plans, events: readonly StoredEvent[], owners: readonly Owner[]): WantedGrant[] {
  const inOrder = events.toSorted(compareEvents)
  const packs = new Map<string, WantedGrant>()
  for (const event of inOrder) {
    const { type, productId, transactionId, quantity, purchasedAt } = event
    const product = productOf(plans, productId ?? '')
    if (type !== 'NON_RENEWING_PURCHASE' || !product?.credits || transactionId === null) continue
    const verdict = inOrder.findLast((other) => refunds.has(other.type) && other.transactionId === transactionId)
    const bought = { transactionId, quantity, purchasedAt: purchasedAt ?? event.occurredAt }
    const pack = wantedPack(product, { ...bought, userId: ownerSince(owners, toldAt(event)) })
    packs.set(transactionId, { ...pack, isVoid: verdict?.type === 'CANCELLATION' && 'refunded' })
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

/** The credits of a pack that stands. */
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
