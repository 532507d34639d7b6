import { Temporal } from 'temporal-polyfill'
import { temporary } from '../subscriptions/apply-event-to-period.ts'

/** A month of a paid period. Its credits are granted when it begins and expire when it ends. */
export interface PaidMonth {
  readonly beginsAt: Date
  /** Null if it never ends. */
  readonly expiresAt: Date | null
}

type Paid = { readonly purchasedAt: Date; readonly expiresAt: Date | null }

/** A store's month may be some days longer than a calendar month. */
const shortestMs = 14 * 86_400_000

/**
 * Yields the months of a period from its beginning: calendar months in UTC; a month that starts on a 31st ends on the last
 * day of shorter months. A remainder of less than 14 days belongs to the month before. Infinite if the period has no end.
 */
export function* monthsOf({ purchasedAt, expiresAt }: Paid): Generator<PaidMonth, void> {
  if (expiresAt !== null && expiresAt <= purchasedAt) return
  const begin = Temporal.Instant.fromEpochMilliseconds(purchasedAt.getTime()).toZonedDateTimeISO('UTC')
  for (let month = 0, beginsAt = purchasedAt; ; month += 1) {
    const next = new Date(begin.add({ months: month + 1 }).epochMilliseconds)
    if (expiresAt !== null && expiresAt.getTime() - next.getTime() < shortestMs) {
      yield { beginsAt, expiresAt: expiresAt }
      return
    }
    yield { beginsAt, expiresAt: next }
    beginsAt = next
  }
}

const unpaid: ReadonlySet<string | null> = new Set(['TRIAL', 'PROMOTIONAL', temporary])

/** Whether the user paid for a period. Trials, promotional grants and family shares give no credits. */
export function isPaid(period: {
  readonly periodType: string | null
  readonly store: string | null
  readonly isFamilyShare: boolean
}): boolean {
  return !period.isFamilyShare && period.store !== 'PROMOTIONAL' && !unpaid.has(period.periodType)
}

/** The months that have begun, and when the next one begins. Null if there is none. */
export function begunMonths(period: Paid, now: Date): { begun: PaidMonth[]; nextAt: Date | null } {
  const begun: PaidMonth[] = []
  if (period.purchasedAt > now) return { begun, nextAt: period.purchasedAt }
  for (const month of monthsOf(period)) {
    if (month.beginsAt > now) return { begun, nextAt: month.beginsAt }
    begun.push(month)
  }
  return { begun, nextAt: null }
}
