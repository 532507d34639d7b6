import { begunMonths, isPaid } from '../grants/paid-months.ts'
import type { SubscriptionFacts } from './fold-subscription.ts'

/** The next time at which a subscription changes without an event: a month of credits begins, or access or grace ends. */
export function nextChangeOf(facts: Omit<SubscriptionFacts, 'startedAt'>, now: Date): Date | null {
  const { expiresAt, graceEndsAt, endedAt } = facts
  const ends = endedAt ? [endedAt] : [expiresAt, graceEndsAt]
  const nextMonth = endedAt === null && isPaid(facts) ? begunMonths(facts, now).nextAt : null
  const coming = [...ends, nextMonth].filter((instant) => instant !== null && instant > now).map(Number)
  return coming.length > 0 ? new Date(Math.min(...coming)) : null
}
