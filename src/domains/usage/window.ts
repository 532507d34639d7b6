import { Temporal } from 'temporal-polyfill'
import type { QuotaPeriod } from '../../config/plans.ts'

/** From `startsAt` on, up to but without `endsAt`; null: for ever. */
export interface Window {
  readonly startsAt: Date
  readonly endsAt: Date | null
}

const dayMs = 24 * 3_600_000
/**
 * Half a period. Midnights of one day lie at most 26 hours apart around the world, so a window that ends so much later
 * than the last one ends with another week or month, whatever the zones: changing them brings none forward.
 */
const shortestMs = { WEEK: 3.5 * dayMs, MONTH: 14 * dayMs }

export interface WindowWish {
  readonly period: QuotaPeriod
  readonly timeZone: string
  readonly now: Date
  /** The newest that was stored; null before the first. */
  readonly previous: Window | null
}

/**
 * The window that holds `now`. A stored one stays until it ends, wherever the person has gone since; the next ends with
 * the ISO week or the month of the present zone.
 */
export function windowAt({ period, timeZone, now, previous }: WindowWish): Window {
  if (previous && (previous.endsAt === null || now < previous.endsAt)) return previous
  if (period === 'TOTAL') return { startsAt: now, endsAt: null }
  const ended = previous?.endsAt?.getTime() ?? Number.NEGATIVE_INFINITY
  const boundary = boundaries(period, timeZone, now)
  const earliest = Math.max(now.getTime() + 1, ended + shortestMs[period])
  let next = 1
  while (boundary(next) < earliest) next += 1
  return { startsAt: new Date(Math.max(boundary(0), ended)), endsAt: new Date(boundary(next)) }
}

/** The first instants of the week or month of `now` (0) and of those after it. */
function boundaries(period: 'WEEK' | 'MONTH', timeZone: string, now: Date): (index: number) => number {
  const today = Temporal.Instant.fromEpochMilliseconds(now.getTime()).toZonedDateTimeISO(timeZone).toPlainDate()
  const first = period === 'WEEK' ? today.subtract({ days: today.dayOfWeek - 1 }) : today.with({ day: 1 })
  return (index) => {
    const date = first.add(period === 'WEEK' ? { weeks: index } : { months: index })
    return date.toZonedDateTime(timeZone).epochMilliseconds
  }
}
