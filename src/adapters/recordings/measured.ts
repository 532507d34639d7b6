import type { TrackPoint } from '../../domains/activities/ports.ts'

/** Far above what people record (116 days), far below what would spoil sums and columns of the database. */
export const MAX_SECONDS = 10_000_000
const MAX_METERS = 9_999_999
const FIRST_MOMENT = Date.UTC(1970, 0, 1)
const LAST_MOMENT = Date.UTC(2200, 0, 1)

/** A moment as a file says it: milliseconds since 1970, and values that were checked one by one. */
export interface MeasuredPoint extends Omit<TrackPoint, 'elapsedSeconds'> {
  readonly at: number
}

/** `value` rounded to `decimals`, or null when it is no finite number of min..max: a broken value was not measured. */
function within(value: unknown, min: number, max: number, decimals: number): number | null {
  if (typeof value !== 'number' || !(value >= min && value <= max)) return null
  const scale = 10 ** decimals
  // "+ 0" turns -0 into 0.
  return Math.round(value * scale) / scale + 0
}

/** As within, and null for 0 too: a total of 0 is how devices write "not measured". */
function positive(value: unknown, max: number, decimals: number): number | null {
  return within(value, 0, max, decimals) || null
}

/** The sane ranges of totals and averages; units as in the names of Recording's fields. */
export const measured = {
  distance: (meters: unknown) => positive(meters, MAX_METERS, 2),
  seconds: (seconds: unknown) => positive(seconds, MAX_SECONDS, 3),
  climb: (meters: unknown) => within(meters, 0, 100_000, 1),
  speed: (metersPerSecond: unknown) => positive(metersPerSecond, 400, 3),
  heartRate: (bpm: unknown) => within(bpm, 1, 300, 0),
  cadence: (rpm: unknown) => positive(rpm, 500, 1),
  calories: (kcal: unknown) => positive(kcal, 1_000_000, 0),
}

/** Checks what one moment says. A position needs both coordinates; 0°, 0° is how devices write "no fix". */
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

/** Milliseconds since 1970 when the moment lies between the years 1970 and 2200, else null. */
export function momentOf(value: unknown): number | null {
  const at = value instanceof Date ? value.getTime() : value
  return typeof at === 'number' && at >= FIRST_MOMENT && at < LAST_MOMENT ? Math.round(at) : null
}

/** Minutes, in quarters of an hour, when it can be a time zone's offset (14 hours at most), else null. */
export function utcOffsetOf(minutes: number): number | null {
  const quarters = Math.round(minutes / 15) * 15 + 0
  return Math.abs(quarters) <= 14 * 60 ? quarters : null
}

/** One line of text without control characters, at most 100 characters, or null when nothing is left. */
export function textOf(value: unknown): string | null {
  if (typeof value !== 'string') return null
  const line = value
    .slice(0, 1_000)
    .toWellFormed()
    .replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
    .trim()
  return Array.from(line).slice(0, 100).join('').trim() || null
}
