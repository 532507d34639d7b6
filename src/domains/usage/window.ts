import { Temporal } from 'temporal-polyfill'
import type { QuotaPeriod } from './limits.ts'

/** From `startsAt` (inclusive) to `endsAt` (exclusive); null: it does not end. */
export interface Window {
  readonly startsAt: Date
  readonly endsAt: Date | null
}

const dayMs = 24 * 3_600_000
/**
 * Half a period. The midnights of one day are at most 26 hours apart around the world. So a window that ends at least this
 * much later than the previous one ends with another week or month in any zone: changing zones never shortens a window.
 */
const shortestMs = { WEEK: 3.5 * dayMs, MONTH: 14 * dayMs }

export interface WindowInput {
  readonly period: QuotaPeriod
  readonly timeZone: string
  readonly now: Date
  /** The newest stored window; null before the first. */
  readonly previous: Window | null
}

/**
 * The window that contains `now`. A stored window stays valid until it ends, also after a change of the time zone; the next
 * one ends with the ISO week or the month in the current zone.
 */
export function windowAt({ period, timeZone, now, previous }: WindowInput): Window {
  if (previous && (previous.endsAt === null || now < previous.endsAt)) return previous
  if (period === 'TOTAL') return { startsAt: now, endsAt: null }
  const ended = previous?.endsAt?.getTime() ?? Number.NEGATIVE_INFINITY
  const boundary = boundaries(period, timeZone, now)
  const earliest = Math.max(now.getTime() + 1, ended + shortestMs[period])
  let next = 1
  while (boundary(next) < earliest) next += 1
  return { startsAt: new Date(Math.max(boundary(0), ended)), endsAt: new Date(boundary(next)) }
}

/** The start of the week or month of `now` (index 0) and of the following ones. */
function boundaries(period: 'WEEK' | 'MONTH', timeZone: string, now: Date): (index: number) => number {
  const today = Temporal.Instant.fromEpochMilliseconds(now.getTime()).toZonedDateTimeISO(timeZone).toPlainDate()
  const first = period === 'WEEK' ? today.subtract({ days: today.dayOfWeek - 1 }) : today.with({ day: 1 })
  return (index) => {
    const date = first.add(period === 'WEEK' ? { weeks: index } : { months: index })
    return date.toZonedDateTime(timeZone).epochMilliseconds
  }
}
