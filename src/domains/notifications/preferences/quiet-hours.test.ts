import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { endOfQuietHours, formatLocalTime, parseLocalTime } from './quiet-hours.ts'

const night = { from: 22 * 60, to: 7 * 60 }
const endAt = (zone: string, now: string, quiet = night) =>
  endOfQuietHours(quiet, zone, new Date(now))?.toISOString() ?? null

describe('quiet hours', () => {
  it.each([
    ['before', 'Asia/Seoul', '2026-06-01T12:59:59Z', null],
    ['at the beginning', 'Asia/Seoul', '2026-06-01T13:00:00Z', '2026-06-01T22:00:00.000Z'],
    ['after midnight', 'Asia/Seoul', '2026-06-01T16:00:00Z', '2026-06-01T22:00:00.000Z'],
    ['at the end', 'Asia/Seoul', '2026-06-01T22:00:00Z', null],
    // The night of 29 March 2026 is an hour shorter in Berlin, that of 25 October an hour longer.
    [
      'in the night in which the clock is set forward',
      'Europe/Berlin',
      '2026-03-28T22:00:00Z',
      '2026-03-29T05:00:00.000Z',
    ],
    [
      'in the night in which the clock is set back',
      'Europe/Berlin',
      '2026-10-24T21:00:00Z',
      '2026-10-25T06:00:00.000Z',
    ],
  ])('end at the local time, %s', (_name, zone, now, end) => {
    expect(endAt(zone, now)).toBe(end)
  })

  it('that end at a local time that does not exist end as much later', () => {
    const quiet = { from: 22 * 60, to: 2 * 60 + 30 }
    expect(endAt('Europe/Berlin', '2026-03-29T00:59:00Z', quiet)).toBe('2026-03-29T01:30:00.000Z')
  })

  it('that end at a local time that exists twice end at the first', () => {
    const quiet = { from: 22 * 60, to: 2 * 60 + 30 }
    expect(endAt('Europe/Berlin', '2026-10-25T00:29:00Z', quiet)).toBe('2026-10-25T00:30:00.000Z')
    expect(endAt('Europe/Berlin', '2026-10-25T01:15:00Z', quiet)).toBeNull()
  })

  it('end later than now, within a day, and not again at their end', () => {
    const minutes = fc.integer({ min: 0, max: 1_439 })
    const zones = fc.constantFrom('Asia/Seoul', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'UTC')
    const instants = fc.date({ min: new Date('2026-01-01'), max: new Date('2027-12-31'), noInvalidDate: true })
    fc.assert(
      fc.property(minutes, minutes, zones, instants, (from, to, zone, now) => {
        fc.pre(from !== to)
        const end = endOfQuietHours({ from, to }, zone, now)
        if (!end) return
        expect(end.getTime()).toBeGreaterThan(now.getTime())
        expect(end.getTime() - now.getTime()).toBeLessThanOrEqual(25 * 3_600_000)
        // Periods of adjacent days overlap only where a clock was set back within them.
        const again = endOfQuietHours({ from, to }, zone, end)
        if (again) expect(again.getTime() - end.getTime()).toBeLessThanOrEqual(25 * 3_600_000)
      }),
      { numRuns: 500 },
    )
  })

  it('have local times of the form HH:MM', () => {
    expect(parseLocalTime('07:05')).toBe(425)
    expect(formatLocalTime(425)).toBe('07:05')
    for (const text of ['24:00', '7:00', '07:60', '07:00:00', '']) expect(parseLocalTime(text)).toBeNull()
  })
})
