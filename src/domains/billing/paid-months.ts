import { Temporal } from 'temporal-polyfill'
import { temporary } from './period.ts'

/** A month of a paid period: its credits are given when it begins, and lapse. */
export interface PaidMonth {
  readonly beginsAt: Date
  /** Null: never. */
  readonly lapsesAt: Date | null
}

type Paid = { readonly purchasedAt: Date; readonly expiresAt: Date | null }

/** A store's month may be some days longer than one of the calendar. */
const shortestMs = 14 * 86_400_000

/**
 * The months of a period, from its beginning on: calendar months (UTC; of a 31st on the last day of shorter ones). A rest
 * of less than 14 days is of the month before. Without an end for those that never end: take as many as you need.
 */
export function* monthsOf({ purchasedAt, expiresAt }: Paid): Generator<PaidMonth, void> {
  if (expiresAt !== null && expiresAt <= purchasedAt) return
  const begin = Temporal.Instant.fromEpochMilliseconds(purchasedAt.getTime()).toZonedDateTimeISO('UTC')
  for (let month = 0, beginsAt = purchasedAt; ; month += 1) {
    const next = new Date(begin.add({ months: month + 1 }).epochMilliseconds)
    if (expiresAt !== null && expiresAt.getTime() - next.getTime() < shortestMs) {
      yield { beginsAt, lapsesAt: expiresAt }
      return
    }
    yield { beginsAt, lapsesAt: next }
    beginsAt = next
  }
}

const unpaid: ReadonlySet<string | null> = new Set(['TRIAL', 'PROMOTIONAL', temporary])

/** Whether anybody paid for it here: a trial, a present and what the family shares give no credits. */
export function isPaid(period: {
  readonly periodType: string | null
  readonly store: string | null
  readonly isFamilyShare: boolean
}): boolean {
  return !period.isFamilyShare && period.store !== 'PROMOTIONAL' && !unpaid.has(period.periodType)
}

/** The months that have begun, and when the next one will; null: none will. */
export function begunMonths(period: Paid, now: Date): { begun: PaidMonth[]; nextAt: Date | null } {
  const begun: PaidMonth[] = []
  if (period.purchasedAt > now) return { begun, nextAt: period.purchasedAt }
  for (const month of monthsOf(period)) {
    if (month.beginsAt > now) return { begun, nextAt: month.beginsAt }
    begun.push(month)
  }
  return { begun, nextAt: null }
}
