import { Temporal } from 'temporal-polyfill'

/** Minutes of the local day, 0 to 1439. */
export interface QuietHours {
  readonly from: number
  readonly to: number
}

/**
 * The end of the quiet hours at this instant; null outside of them. Each day has one period, between the instants at which
 * the local times begin: where the clock is set back, at the first of both; where a local time does not exist, as much
 * later as the clock is set forward.
 */
export function endOfQuietHours(quiet: QuietHours | null, timeZone: string, now: Date): Date | null {
  if (!quiet) return null
  const instant = Temporal.Instant.fromEpochMilliseconds(now.getTime())
  const today = instant.toZonedDateTimeISO(timeZone).toPlainDate()
  // A period that began yesterday may go on; that of tomorrow can only have begun where a clock was set by hours.
  for (const days of [-1, 0]) {
    const day = today.add({ days })
    const start = instantOf(day, quiet.from, timeZone)
    const end = instantOf(quiet.to > quiet.from ? day : day.add({ days: 1 }), quiet.to, timeZone)
    if (start <= now && now < end) return end
  }
  return null
}

function instantOf(day: Temporal.PlainDate, minutes: number, timeZone: string): Date {
  const plainTime = new Temporal.PlainTime(Math.floor(minutes / 60), minutes % 60)
  const { epochMilliseconds } = day.toZonedDateTime({ timeZone, plainTime })
  return new Date(epochMilliseconds)
}

/** 'HH:MM' as minutes of the day; null for another text. */
export function parseLocalTime(text: string): number | null {
  const [, hours, minutes] = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(text) ?? []
  return hours === undefined || minutes === undefined ? null : Number(hours) * 60 + Number(minutes)
}

export function formatLocalTime(minutes: number): string {
  const pad = (value: number) => String(value).padStart(2, '0')
  return `${pad(Math.floor(minutes / 60))}:${pad(minutes % 60)}`
}
