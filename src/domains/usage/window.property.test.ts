import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Window, windowAt } from './window.ts'

const hourMs = 3_600_000
const zones = [...Intl.supportedValuesOf('timeZone'), 'Pacific/Kiritimati', 'Etc/GMT+12', 'UTC']
const zone = fc.constantFrom(...zones)
const instant = fc.date({ min: new Date('2000-01-01Z'), max: new Date('2039-12-31Z'), noInvalidDate: true })
const period = fc.constantFrom('WEEK' as const, 'MONTH' as const)
/** Mostly 0: the most windows are used when a request arrives at the moment a window ends. */
const pauseMs = fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, fc.integer({ min: 0, max: 80 * 24 * hourMs }))

/** The number of the week or month that starts at a boundary: the same for the midnights of one day in all zones. */
function periodOf(boundary: Date, of: 'WEEK' | 'MONTH'): number {
  const shifted = new Date(boundary.getTime() + 14 * hourMs)
  // 1970-01-05 was a Monday.
  if (of === 'WEEK') return Math.floor((shifted.getTime() / (24 * hourMs) - 4) / 7)
  return shifted.getUTCFullYear() * 12 + shifted.getUTCMonth()
}

/** The windows of a user who makes requests after these pauses in these zones. */
function windowsOf(of: 'WEEK' | 'MONTH', start: Date, visits: readonly (readonly [string, number])[]) {
  const windows: (Window & { readonly endsAt: Date })[] = []
  let now = start
  for (const [timeZone, pause] of visits) {
    const previous = windows.at(-1) ?? null
    now = new Date(Math.max(now.getTime(), previous?.endsAt.getTime() ?? 0) + pause)
    const { startsAt, endsAt } = windowAt({ period: of, timeZone, now, previous })
    if (endsAt === null) throw new Error('The window has no end.')
    expect(startsAt <= now && now < endsAt, 'the window contains now').toBe(true)
    windows.push({ startsAt, endsAt })
  }
  return windows
}

const visits = fc.array(fc.tuple(zone, pauseMs), { minLength: 2, maxLength: 12 })

test('windows never overlap, and each ends with another week or month, in any sequence of zones', () => {
  fc.assert(
    fc.property(period, instant, visits, (of, start, places) => {
      const windows = windowsOf(of, start, places)
      for (const [at, window] of windows.entries()) {
        const before = windows[at - 1]
        if (!before) continue
        expect(window.startsAt >= before.endsAt).toBe(true)
        expect(periodOf(window.endsAt, of)).toBeGreaterThan(periodOf(before.endsAt, of))
      }
    }),
    { numRuns: 500 },
  )
})

test('n consecutive windows take at least n weeks minus 26 hours, in any sequence of zones', () => {
  fc.assert(
    fc.property(instant, fc.array(zone, { minLength: 2, maxLength: 30 }), (start, places) => {
      const windows = windowsOf(
        'WEEK',
        start,
        places.map((place) => [place, 0] as const),
      )
      const ends = windows.map(({ endsAt }) => endsAt.getTime())
      for (const [at, end] of ends.entries()) {
        expect(end - (ends[0] ?? 0)).toBeGreaterThanOrEqual(at * 7 * 24 * hourMs - 26 * hourMs)
      }
      // So at most n + 1 windows start within n weeks, as in a single zone.
      for (const [at, { startsAt }] of windows.entries()) {
        const until = startsAt.getTime() + 5 * 7 * 24 * hourMs - 26 * hourMs
        const begun = windows.slice(at).filter((window) => window.startsAt.getTime() < until)
        expect(begun.length).toBeLessThanOrEqual(6)
      }
    }),
    { numRuns: 200 },
  )
})

test('a window stays the same in every zone until it ends', () => {
  fc.assert(
    fc.property(
      period,
      instant,
      zone,
      zone,
      fc.double({ min: 0, max: 1, noNaN: true }),
      (of, start, one, other, part) => {
        const window = windowAt({ period: of, timeZone: one, now: start, previous: null })
        const left = (window.endsAt?.getTime() ?? 0) - start.getTime()
        const now = new Date(start.getTime() + Math.min(Math.floor(part * left), left - 1))
        expect(windowAt({ period: of, timeZone: other, now, previous: window })).toBe(window)
      },
    ),
    { numRuns: 200 },
  )
})

describe('in one time zone', () => {
  const from = (instantText: string) => new Date(instantText)
  const shown = ({ startsAt, endsAt }: Window) => [startsAt.toISOString(), endsAt?.toISOString() ?? null]

  test.each([
    [
      'a week in Berlin',
      'WEEK',
      'Europe/Berlin',
      '2026-11-18T10:00Z',
      '2026-11-15T23:00:00.000Z',
      '2026-11-22T23:00:00.000Z',
    ],
    [
      'a week with the start of summer time',
      'WEEK',
      'Europe/Berlin',
      '2026-03-25T10:00Z',
      '2026-03-22T23:00:00.000Z',
      '2026-03-29T22:00:00.000Z',
    ],
    [
      'a week with the end of summer time',
      'WEEK',
      'Europe/Berlin',
      '2026-10-25T10:00Z',
      '2026-10-18T22:00:00.000Z',
      '2026-10-25T23:00:00.000Z',
    ],
    [
      'a month in Los Angeles',
      'MONTH',
      'America/Los_Angeles',
      '2026-03-01T07:00Z',
      '2026-02-01T08:00:00.000Z',
      '2026-03-01T08:00:00.000Z',
    ],
    [
      'the month after it',
      'MONTH',
      'America/Los_Angeles',
      '2026-03-01T08:00Z',
      '2026-03-01T08:00:00.000Z',
      '2026-04-01T07:00:00.000Z',
    ],
    [
      'a week that ends at a skipped midnight',
      'WEEK',
      'Africa/Cairo',
      '2024-04-22T10:00Z',
      '2024-04-21T22:00:00.000Z',
      '2024-04-28T21:00:00.000Z',
    ],
    [
      'a week with a skipped day',
      'WEEK',
      'Pacific/Apia',
      '2011-12-31T10:00Z',
      '2011-12-26T10:00:00.000Z',
      '2012-01-01T10:00:00.000Z',
    ],
  ] as const)('%s', (_, of, timeZone, now, startsAt, endsAt) => {
    expect(shown(windowAt({ period: of, timeZone, now: from(now), previous: null }))).toEqual([startsAt, endsAt])
  })

  test.each(['WEEK', 'MONTH'] as const)('one %s follows another without a gap', (of) => {
    const windows = windowsOf(
      of,
      from('2026-01-07T00:00Z'),
      Array.from({ length: 60 }, () => ['Europe/Berlin', 0] as const),
    )
    for (const [at, { startsAt, endsAt }] of windows.entries()) {
      expect(windowAt({ period: of, timeZone: 'Europe/Berlin', now: startsAt, previous: null })).toEqual({
        startsAt,
        endsAt,
      })
      if (at > 0) expect(startsAt).toEqual(windows[at - 1]?.endsAt)
    }
  })

  test('TOTAL begins once and never ends', () => {
    const input = { period: 'TOTAL' as const, timeZone: 'UTC' }
    const first = windowAt({ ...input, now: from('2026-11-21T00:00Z'), previous: null })
    expect(shown(first)).toEqual(['2026-11-21T00:00:00.000Z', null])
    expect(windowAt({ ...input, now: from('2036-11-21T00:00Z'), previous: first })).toBe(first)
  })
})
