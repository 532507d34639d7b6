import type { Reader } from '../../../platform/database/db.ts'
import type { Meter, QuotaPeriod } from '../limits.ts'
import { type Window, windowAt } from '../window.ts'

interface Row {
  readonly userId: string
  readonly timeZone: string
  readonly meter: Meter | null
  readonly period: QuotaPeriod
  readonly used: bigint
  readonly startsAt: Date
  readonly endsAt: Date | null
}

/** The usage in the window that contains an instant. */
export interface Counted {
  readonly used: number
  readonly window: Window
}

export type CountedOf = (meter: Meter, period: QuotaPeriod) => Counted

/** The usage of each of these users at `now`, in one statement; 0 without a row or after the end of its window. */
export async function readCounters(
  db: Reader,
  userIds: readonly string[],
  now: Date,
): Promise<ReadonlyMap<string, CountedOf>> {
  const rows = await db.$queryRaw<Row[]>`
    SELECT users.id AS "userId", users.time_zone AS "timeZone", counter.meter, counter.period, counter.used,
      counter.starts_at AS "startsAt", counter.ends_at AS "endsAt"
    FROM users LEFT JOIN usage_counters AS counter ON counter.user_id = users.id
    WHERE users.id = ANY(${[...userIds]}::uuid[])`
  const rowsOf = Map.groupBy(rows, ({ userId }) => userId)
  return new Map([...rowsOf].map(([userId, own]) => [userId, countedOf(own, now)]))
}

function countedOf(rows: readonly Row[], now: Date): CountedOf {
  const timeZone = rows[0]?.timeZone ?? 'UTC'
  return (meter, period) => {
    const previous = rows.find((row) => row.meter === meter && row.period === period) ?? null
    const window = windowAt({ period, timeZone, now, previous })
    return { used: previous && window === previous ? Number(previous.used) : 0, window }
  }
}
