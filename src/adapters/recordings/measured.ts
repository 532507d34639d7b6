import type { TrackPoint } from '../../domains/activities/ports.ts'

/** 116 days: far above real recordings, far below what would overflow sums and database columns. */
export const MAX_SECONDS = 10_000_000
const MAX_METERS = 9_999_999
const FIRST_MOMENT = Date.UTC(1970, 0, 1)
const LAST_MOMENT = Date.UTC(2200, 0, 1)

/** A point of a file: milliseconds since 1970, and checked values. */
export interface MeasuredPoint extends Omit<TrackPoint, 'elapsedSeconds'> {
  readonly at: number
}

/** `value` rounded to `decimals`; null unless it is a number from min to max. Invalid values count as not measured. */
function within(value: unknown, min: number, max: number, decimals: number): number | null {
  if (typeof value !== 'number' || !(value >= min && value <= max)) return null
  const scale = 10 ** decimals
  // "+ 0" turns -0 into 0.
  return Math.round(value * scale) / scale + 0
}

/** Like `within`, but null for 0 too: devices write a total of 0 for "not measured". */
function positive(value: unknown, max: number, decimals: number): number | null {
  return within(value, 0, max, decimals) || null
}

/** Checks totals and averages against plausible ranges. Units are as in the field names of Recording. */
export const measured = {
  distance: (meters: unknown) => positive(meters, MAX_METERS, 2),
  seconds: (seconds: unknown) => positive(seconds, MAX_SECONDS, 3),
  climb: (meters: unknown) => within(meters, 0, 100_000, 1),
  speed: (metersPerSecond: unknown) => positive(metersPerSecond, 400, 3),
  heartRate: (bpm: unknown) => within(bpm, 1, 300, 0),
  cadence: (rpm: unknown) => positive(rpm, 500, 1),
  calories: (kcal: unknown) => positive(kcal, 1_000_000, 0),
}

/** Checks the values of a point. A position needs both coordinates; devices write 0°, 0° for "no fix". */
export function measurePoint(at: number, raw: { readonly [K in keyof Omit<MeasuredPoint, 'at'>]: unknown }) {
  const latitude = within(raw.latitude, -90, 90, 7)
  const longitude = within(raw.longitude, -180, 180, 7)
  const hasFix = latitude !== null && longitude !== null && !(latitude === 0 && longitude === 0)
  return {
    at,
    latitude: hasFix ? latitude : null,
    longitude: hasFix ? longitude : null,
    altitudeMeters: within(raw.altitudeMeters, -1_000, 20_000, 1),
    distanceMeters: within(raw.distanceMeters, 0, MAX_METERS, 2),
    heartRateBpm: within(raw.heartRateBpm, 1, 300, 0),
    speedMetersPerSecond: within(raw.speedMetersPerSecond, 0, 400, 3),
    cadenceRpm: within(raw.cadenceRpm, 0, 500, 1),
    powerWatts: within(raw.powerWatts, 0, 10_000, 0),
  } satisfies MeasuredPoint
}

/** Milliseconds since 1970; null unless the time is between 1970 and 2200. */
export function momentOf(value: unknown): number | null {
  const at = value instanceof Date ? value.getTime() : value
  return typeof at === 'number' && at >= FIRST_MOMENT && at < LAST_MOMENT ? Math.round(at) : null
}

/** Minutes, rounded to quarters of an hour; null if it exceeds 14 hours, the maximum offset of a time zone. */
export function utcOffsetOf(minutes: number): number | null {
  const quarters = Math.round(minutes / 15) * 15 + 0
  return Math.abs(quarters) <= 14 * 60 ? quarters : null
}

/** One line without control characters, truncated to 100 characters; null if nothing is left. */
export function textOf(value: unknown): string | null {
  if (typeof value !== 'string') return null
  const line = value
    .slice(0, 1_000)
    .toWellFormed()
    .replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
    .trim()
  return Array.from(line).slice(0, 100).join('').trim() || null
}
