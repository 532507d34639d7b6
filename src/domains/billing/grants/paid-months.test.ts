import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { begunMonths, isPaid, monthsOf, type PaidMonth } from './paid-months.ts'

const date = (text: string) => new Date(`${text}T09:30:00.000Z`)
const day = 86_400_000

/** Formats each month as 'from to'. */
function shown(months: Iterable<PaidMonth>): string[] {
  return [...months].map(
    ({ beginsAt, expiresAt }) => `${beginsAt.toISOString().slice(0, 10)} ${expiresAt?.toISOString().slice(0, 10)}`,
  )
}

describe('the months of a paid period', () => {
  test.each<readonly [what: string, from: string, to: string, months: string[]]>([
    ['a month', '2030-01-15', '2030-02-15', ['2030-01-15 2030-02-15']],
    ['a week', '2030-01-15', '2030-01-22', ['2030-01-15 2030-01-22']],
    ['a month of 34 days is one', '2030-02-10', '2030-03-16', ['2030-02-10 2030-03-16']],
    ['six weeks are two', '2030-02-10', '2030-03-24', ['2030-02-10 2030-03-10', '2030-03-10 2030-03-24']],
    [
      'from a 31st on',
      '2030-01-31',
      '2030-04-30',
      ['2030-01-31 2030-02-28', '2030-02-28 2030-03-31', '2030-03-31 2030-04-30'],
    ],
    ['an empty period', '2030-01-15', '2030-01-15', []],
  ])('%s', (_, from, to, months) => {
    expect(shown(monthsOf({ purchasedAt: date(from), expiresAt: date(to) }))).toEqual(months)
  })

  test('a year has twelve, also a leap year', () => {
    for (const year of [2030, 2032]) {
      const months = shown(monthsOf({ purchasedAt: date(`${year}-02-28`), expiresAt: date(`${year + 1}-02-28`) }))
      expect(months).toHaveLength(12)
      expect(months.at(-1)).toBe(`${year + 1}-01-28 ${year + 1}-02-28`)
    }
  })

  test('a period without an end has infinitely many', () => {
    const period = { purchasedAt: date('2030-01-15'), expiresAt: null }
    const { begun, nextAt } = begunMonths(period, date('2031-01-20'))
    expect(begun).toHaveLength(13)
    expect(nextAt).toEqual(date('2031-02-15'))
  })

  test('a period in the future has none yet', () => {
    const period = { purchasedAt: new Date(8.64e15), expiresAt: null }
    expect(begunMonths(period, date('2030-01-01'))).toEqual({ begun: [], nextAt: period.purchasedAt })
  })

  test('cover the period without a gap; only a single month is shorter than 14 days', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4_000 * day }), fc.integer({ min: 1, max: 900 * day }), (from, length) => {
        const purchasedAt = new Date(Date.UTC(2028, 0) + from)
        const expiresAt = new Date(purchasedAt.getTime() + length)
        const months = [...monthsOf({ purchasedAt, expiresAt })]
        expect(months[0]?.beginsAt).toEqual(purchasedAt)
        expect(months.at(-1)?.expiresAt).toEqual(expiresAt)
        for (const [at, { beginsAt, expiresAt }] of months.entries()) {
          expect(expiresAt).toEqual(months[at + 1]?.beginsAt ?? expiresAt)
          const days = (Number(expiresAt) - Number(beginsAt)) / day
          expect(days).toBeLessThan(31 + 14)
          if (months.length > 1) expect(days).toBeGreaterThanOrEqual(14)
        }
      }),
    )
  })
})

test.each([
  ['NORMAL', 'APP_STORE', false, true],
  ['INTRO', 'PLAY_STORE', false, true],
  ['PREPAID', 'PLAY_STORE', false, true],
  ['TRIAL', 'APP_STORE', false, false],
  ['PROMOTIONAL', 'APP_STORE', false, false],
  ['NORMAL', 'PROMOTIONAL', false, false],
  ['NORMAL', 'APP_STORE', true, false],
])('%s of %s, shared by the family: %s. Paid here: %s', (periodType, store, isFamilyShare, paid) => {
  expect(isPaid({ periodType, store, isFamilyShare })).toBe(paid)
})
