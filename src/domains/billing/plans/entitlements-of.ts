import type { PlanSubscription } from '../../../generated/prisma/client.ts'
import type { Reader } from '../../../platform/database/db.ts'
import { accessEndsAt, isActive, statusOf } from '../subscriptions/subscription-status.ts'
import { onlyConfiguredProducts } from './only-configured-products.ts'
import type { Plans } from './plans.ts'
import { productOf } from './product-of.ts'

export interface Entitlement {
  readonly key: string
  readonly active: boolean
  /** The latest end of the active subscriptions. Null if one never ends, and when inactive. */
  readonly expiresAt: Date | null
  /** Why it is inactive, as shown to the user. Null while active. */
  readonly reason: string | null
}

/** Reads the current and past subscriptions of these users in one statement. */
export async function subscriptionsOf(
  db: Reader,
  plans: Plans,
  userIds: readonly string[],
): Promise<PlanSubscription[]> {
  return db.planSubscription.findMany({
    where: { userId: { in: [...userIds] }, ...onlyConfiguredProducts(plans) },
    orderBy: [{ startedAt: 'asc' }, { id: 'asc' }],
  })
}

interface EntitlementInput {
  readonly plans: Plans
  /** All subscriptions of one user. */
  readonly subscriptions: readonly PlanSubscription[]
  /** The time zone of the dates in `reason`. */
  readonly timeZone: string
  readonly now: Date
}

/** Computes all entitlements: those of the products, then those that only the user's subscriptions have. */
export function entitlementsOf({ plans, subscriptions, timeZone, now }: EntitlementInput): Entitlement[] {
  const named = subscriptions.map((subscription) => {
    const products = productOf(plans, subscription.productId)?.entitlements ?? []
    return { subscription, keys: new Set([...products, ...subscription.entitlementKeys]) }
  })
  const ofProducts = plans.products.flatMap(({ entitlements }) => [...entitlements])
  const ofUser = named.flatMap(({ keys }) => [...keys]).sort()
  return [...new Set([...ofProducts, ...ofUser])].map((key) => {
    const granting = named.filter(({ keys }) => keys.has(key)).map(({ subscription }) => subscription)
    const active = granting.filter((subscription) => isActive(subscription, now)).map(accessEndsAt)
    if (active.length === 0) return { key, active: false, expiresAt: null, reason: reasonOf(granting, timeZone, now) }
    return { key, active: true, expiresAt: active.reduce(later), reason: null }
  })
}

/** The reason of the subscription that was active last. */
function reasonOf(granting: readonly PlanSubscription[], timeZone: string, now: Date): string {
  const [first, ...others] = granting
  if (!first) return 'None of your subscriptions includes it.'
  const last = others.reduce((one, other) => (endOf(other) >= endOf(one) ? other : one), first)
  const day = (instant: Date) => new Intl.DateTimeFormat('en', { dateStyle: 'long', timeZone }).format(instant)
  if (last.refundedAt) return `It ended on ${day(accessEndsAt(last) ?? last.refundedAt)}: the purchase was refunded.`
  const status = statusOf(last, now)
  if (status === 'BILLING_ISSUE') return 'The last payment failed. Update your payment method in the store.'
  if (status !== 'PAUSED') return `It ended on ${day(new Date(endOf(last)))}.`
  return last.resumesAt ? `Your subscription is paused until ${day(last.resumesAt)}.` : 'Your subscription is paused.'
}

function endOf(subscription: PlanSubscription): number {
  return accessEndsAt(subscription)?.getTime() ?? Number.POSITIVE_INFINITY
}

/** Null means never. */
function later(one: Date | null, other: Date | null): Date | null {
  return one === null || other === null ? null : one > other ? one : other
}
