import type { Plans } from '../../config/plans.ts'
import type { PlanSubscription } from '../../generated/prisma/client.ts'
import type { Reader } from '../../platform/database/db.ts'
import { accessEndsAt, isActive, statusOf } from './access.ts'
import { configuredOnly } from './configured.ts'
import { productOf } from './product-of.ts'

export interface Entitlement {
  readonly key: string
  readonly active: boolean
  /** Of the active: the latest end; null: never. */
  readonly expiresAt: Date | null
  /** Why not, for people; null while active. */
  readonly reason: string | null
}

/** What these people subscribe to or once did, in one statement. */
export async function subscriptionsOf(
  db: Reader,
  plans: Plans,
  userIds: readonly string[],
): Promise<PlanSubscription[]> {
  return db.planSubscription.findMany({
    where: { userId: { in: [...userIds] }, ...configuredOnly(plans) },
    orderBy: [{ startedAt: 'asc' }, { id: 'asc' }],
  })
}

interface Asked {
  readonly plans: Plans
  /** All of one person. */
  readonly subscriptions: readonly PlanSubscription[]
  /** In which the days of a reason are told. */
  readonly timeZone: string
  readonly now: Date
}

/** Every entitlement of the products, then those that only the person's subscriptions name. */
export function entitlementsOf({ plans, subscriptions, timeZone, now }: Asked): Entitlement[] {
  const named = subscriptions.map((subscription) => {
    const products = productOf(plans, subscription.productId)?.entitlements ?? []
    return { subscription, keys: new Set([...products, ...subscription.entitlementKeys]) }
  })
  const ofProducts = plans.products.flatMap(({ entitlements }) => [...entitlements])
  const ofPerson = named.flatMap(({ keys }) => [...keys]).sort()
  return [...new Set([...ofProducts, ...ofPerson])].map((key) => {
    const givers = named.filter(({ keys }) => keys.has(key)).map(({ subscription }) => subscription)
    const active = givers.filter((giver) => isActive(giver, now)).map(accessEndsAt)
    if (active.length === 0) return { key, active: false, expiresAt: null, reason: reasonOf(givers, timeZone, now) }
    return { key, active: true, expiresAt: active.reduce(later), reason: null }
  })
}

/** Of the subscription that was active last. */
function reasonOf(givers: readonly PlanSubscription[], timeZone: string, now: Date): string {
  const [first, ...others] = givers
  if (!first) return 'You never had it.'
  const last = others.reduce((one, other) => (endOf(other) >= endOf(one) ? other : one), first)
  const day = (instant: Date) => new Intl.DateTimeFormat('en', { dateStyle: 'long', timeZone }).format(instant)
  if (last.refundedAt) return `It ended on ${day(accessEndsAt(last) ?? last.refundedAt)}: the purchase was refunded.`
  const status = statusOf(last, now)
  if (status === 'BILLING_ISSUE') return 'The last payment failed. Mend how you pay at the store.'
  if (status !== 'PAUSED') return `It ended on ${day(new Date(endOf(last)))}.`
  return last.resumesAt ? `Your subscription is paused until ${day(last.resumesAt)}.` : 'Your subscription is paused.'
}

function endOf(subscription: PlanSubscription): number {
  return accessEndsAt(subscription)?.getTime() ?? Number.POSITIVE_INFINITY
}

/** Null is for ever. */
function later(one: Date | null, other: Date | null): Date | null {
  return one === null || other === null ? null : one > other ? one : other
}
