import { compareEvents, type StoredEvent } from '../events/event-order.ts'
import { lastOwner, type Owner, ownersOf } from '../events/owner-history.ts'
import type { ResolveUserId } from '../events/resolve-customer.ts'
import {
  applyFailure,
  applyToPeriod,
  isFailedPayment,
  isLifecycle,
  type Period,
  temporary,
} from './apply-event-to-period.ts'
import { accessEndsAt } from './subscription-status.ts'

/** The stored fields of a subscription. */
export type SubscriptionFacts = Omit<Period, 'firstEventAt' | 'expiredAt' | 'paidUntil'> & {
  readonly startedAt: Date
  readonly endedAt: Date | null
}

export interface FoldedSubscription {
  readonly facts: SubscriptionFacts
  readonly userId: string | null
  readonly owners: readonly Owner[]
  /** One per transaction, the oldest first. */
  readonly periods: readonly Period[]
}

export interface SubscriptionEvents {
  /** All events of one subscription, in any order, without duplicates. */
  readonly events: readonly StoredEvent[]
  /** The TRANSFERs that may affect it, in any order, without duplicates. */
  readonly transfers: readonly StoredEvent[]
  readonly resolveUserId: ResolveUserId
}

/**
 * Computes a subscription from its events. Null if none of them has an effect. Each event changes only the period that it
 * names, and the newest period is the state of the subscription, so a late event of an old period cannot end it.
 */
export function foldSubscription({ events, transfers, resolveUserId }: SubscriptionEvents): FoldedSubscription | null {
  const lifecycle = events.filter(isLifecycle).sort(compareEvents)
  const periods = new Map<string, Period>()
  for (const event of lifecycle) {
    const id = periodIdOf(event)
    const known = periods.get(id)
    if (known || !isFailedPayment(event)) {
      periods.set(id, applyToPeriod(event, known))
      continue
    }
    const newest = newestOf(periods)
    if (newest) periods.set(newest.id, applyFailure(event, newest.period))
  }
  const newest = newestOf(periods)
  if (!newest) return null
  const inOrder = [...periods.values()].sort((one, other) => one.purchasedAt.getTime() - other.purchasedAt.getTime())
  const owners = ownersOf(lifecycle, transfers, resolveUserId)
  const startedAt = inOrder[0]?.purchasedAt ?? newest.period.purchasedAt
  return { facts: factsOf(newest.period, startedAt), userId: lastOwner(owners), owners, periods: inOrder }
}

/** Amazon keeps the transaction id when it renews, so the date of purchase is part of the id. */
function periodIdOf({ transactionId, purchasedAt, occurredAt }: StoredEvent): string {
  return `${transactionId}@${(purchasedAt ?? occurredAt).toISOString().slice(0, 10)}`
}

/** The newest period. Temporary grants count only if there is no other period. */
function newestOf(periods: ReadonlyMap<string, Period>): { id: string; period: Period } | undefined {
  const ranked = [...periods].map(([id, period]) => ({ id, period, isTemporary: period.periodType === temporary }))
  return ranked.sort(
    (one, other) =>
      Number(one.isTemporary) - Number(other.isTemporary) ||
      other.period.purchasedAt.getTime() - one.period.purchasedAt.getTime() ||
      (one.id < other.id ? 1 : -1),
  )[0]
}

/** The end is the earliest of the reported end, the refund and the expiry. */
function factsOf(
  { firstEventAt: _first, paidUntil: _paid, expiredAt, ...period }: Period,
  startedAt: Date,
): SubscriptionFacts {
  const reported = [expiredAt, period.refundedAt].filter((end) => end !== null)
  const ends = [...reported, accessEndsAt({ ...period, endedAt: null }) ?? reported[0]].map(Number)
  const endedAt = reported.length > 0 ? new Date(Math.min(...ends)) : null
  return { ...period, willRenew: period.willRenew && endedAt === null, startedAt, endedAt }
}
