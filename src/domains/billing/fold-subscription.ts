import { accessEndsAt } from './access.ts'
import { compareEvents, type StoredEvent } from './event-order.ts'
import { lastOwner, type Owner, ownersOf } from './owners.ts'
import { applyFailure, applyToPeriod, isFailedPayment, isLifecycle, type Period, temporary } from './period.ts'
import type { WhoIs } from './who-is.ts'

/** What is kept of a subscription, as a row. */
export type SubscriptionFacts = Omit<Period, 'heardAt' | 'expiredAt' | 'paidUntil'> & {
  readonly startedAt: Date
  readonly endedAt: Date | null
}

export interface FoldedSubscription {
  readonly facts: SubscriptionFacts
  readonly userId: string | null
  readonly owners: readonly Owner[]
  /** Each transaction's, the oldest first. */
  readonly periods: readonly Period[]
}

export interface SubscriptionStory {
  /** All of one subscription, in any order, each once. */
  readonly events: readonly StoredEvent[]
  /** Those that may concern it, in any order, each once. */
  readonly transfers: readonly StoredEvent[]
  readonly who: WhoIs
}

/**
 * What the events of a subscription come to; null where nothing follows from them. Each event changes the period that it
 * names and no other, and the newest period is what the subscription is: so nothing late of an old one can end it.
 */
export function foldSubscription({ events, transfers, who }: SubscriptionStory): FoldedSubscription | null {
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
  const owners = ownersOf(lifecycle, transfers, who)
  const startedAt = inOrder[0]?.purchasedAt ?? newest.period.purchasedAt
  return { facts: factsOf(newest.period, startedAt), userId: lastOwner(owners), owners, periods: inOrder }
}

/** Amazon keeps the transaction when it renews; the day of the purchase tells such periods apart. */
function periodIdOf({ transactionId, purchasedAt, occurredAt }: StoredEvent): string {
  return `${transactionId}@${(purchasedAt ?? occurredAt).toISOString().slice(0, 10)}`
}

/** What was only lent counts where nothing else is known. */
function newestOf(periods: ReadonlyMap<string, Period>): { id: string; period: Period } | undefined {
  const ranked = [...periods].map(([id, period]) => ({ id, period, isLent: period.periodType === temporary }))
  return ranked.sort(
    (one, other) =>
      Number(one.isLent) - Number(other.isLent) ||
      other.period.purchasedAt.getTime() - one.period.purchasedAt.getTime() ||
      (one.id < other.id ? 1 : -1),
  )[0]
}

/** What is told to have ended when it had run out by itself ended then. */
function factsOf(
  { heardAt: _heard, paidUntil: _paid, expiredAt, ...period }: Period,
  startedAt: Date,
): SubscriptionFacts {
  const told = [expiredAt, period.refundedAt].filter((end) => end !== null)
  const ends = [...told, accessEndsAt({ ...period, endedAt: null }) ?? told[0]].map(Number)
  const endedAt = told.length > 0 ? new Date(Math.min(...ends)) : null
  return { ...period, willRenew: period.willRenew && endedAt === null, startedAt, endedAt }
}
