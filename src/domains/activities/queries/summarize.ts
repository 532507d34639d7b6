import type { Reader } from '../../../platform/database/db.ts'

export interface ActivitySummary {
  /** YYYY-MM-DD */
  readonly startsOn: string
  readonly count: number
  readonly distanceMeters: number
  readonly durationSeconds: number
  readonly elevationGainMeters: number
}

export interface SummaryRequest {
  readonly userId: string
  readonly timeZone: string
  readonly period: 'week' | 'month'
  /** The number of periods to return: the newest that have an activity. */
  readonly last: number
}

/**
 * The totals per ISO week or calendar month in the user's time zone, newest first, in one grouped statement. The
 * recursive query walks the index from period to period to find how far back to read, so earlier years cost nothing. A
 * clock that is set back at midnight can produce the same period twice, so the query reads two periods and a day more
 * than needed.
 */
export function summarize(db: Reader, request: SummaryRequest): Promise<ActivitySummary[]> {
  const { userId, timeZone, period, last } = request
  return db.$queryRaw<ActivitySummary[]>`
    WITH RECURSIVE periods AS (
      SELECT 0 AS step, 'infinity'::timestamptz AS begins
      UNION ALL
      SELECT step + 1, before.begins FROM periods CROSS JOIN LATERAL (
        SELECT date_trunc(${period}, started_at AT TIME ZONE ${timeZone}) AT TIME ZONE ${timeZone} AS begins
        FROM activities
        WHERE user_id = ${userId}::uuid AND status = 'READY' AND started_at IS NOT NULL
          AND ordered_at < periods.begins
        ORDER BY ordered_at DESC LIMIT 1
      ) AS before
      WHERE step < ${last + 2}
    )
    SELECT to_char(begins, 'YYYY-MM-DD') AS "startsOn", count::int,
      coalesce(distance, 0) AS "distanceMeters",
      coalesce(duration, 0) AS "durationSeconds",
      coalesce(elevation_gain, 0) AS "elevationGainMeters"
    FROM (
      SELECT date_trunc(${period}, started_at AT TIME ZONE ${timeZone}) AS begins, count(*),
        sum(distance_meters) AS distance, sum(duration_seconds) AS duration, sum(elevation_gain_meters) AS elevation_gain
      FROM activities
      WHERE user_id = ${userId}::uuid AND status = 'READY' AND started_at IS NOT NULL
        AND ordered_at >= (SELECT min(begins) FROM periods) - interval '1 day'
      GROUP BY 1
    ) AS summed
    ORDER BY begins DESC LIMIT ${last}`
}
