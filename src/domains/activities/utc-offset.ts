import { Temporal } from 'temporal-polyfill'

/** Local time minus UTC at an instant, in minutes. */
export function utcOffsetMinutes(instant: Date, timeZone: string): number {
  const zoned = Temporal.Instant.fromEpochMilliseconds(instant.getTime()).toZonedDateTimeISO(timeZone)
  return Math.round(zoned.offsetNanoseconds / 60_000_000_000)
}
