import { expect, test } from 'vitest'
import { delayOf, delaySince, parseRetryAfter } from './retry.ts'

const now = new Date('2026-11-21T09:00:00Z')

test('delays grow by the factor up to the maximum', () => {
  const delays = (backoff: Parameters<typeof delayOf>[0]) =>
    [1, 2, 3, 4, 5].map((failures) => delayOf(backoff, failures))
  expect(delays({ firstDelayMs: 100, maxDelayMs: 1_000 })).toEqual([100, 200, 400, 800, 1_000])
  expect(delays({ firstDelayMs: 5_000, factor: 4, maxDelayMs: 1_000_000 })).toEqual([
    5_000, 20_000, 80_000, 320_000, 1_000_000,
  ])
})

test('a delay after very many failures is the maximum', () => {
  expect(delayOf({ firstDelayMs: 100, maxDelayMs: 1_000 }, 100_000)).toBe(1_000)
})

test('jitter makes a part of the delay random', () => {
  const backoff = { firstDelayMs: 1_000, maxDelayMs: 1_000, jitter: 0.25 }
  expect([0, 0.5, 1].map((random) => delayOf(backoff, 1, () => random))).toEqual([750, 875, 1_000])
})

test('without a count of attempts the delay is the time that has passed, within the bounds', () => {
  const backoff = { firstDelayMs: 30_000, maxDelayMs: 600_000 }
  expect([-1, 0, 45_000, 1_000_000].map((elapsedMs) => delaySince(elapsedMs, backoff))).toEqual([
    30_000, 30_000, 45_000, 600_000,
  ])
})

test.each([
  ['30', new Date('2026-11-21T09:00:30Z')],
  [' 0 ', now],
  ['Sat, 21 Nov 2026 09:00:01 GMT', new Date('2026-11-21T09:00:01Z')],
  ['soon', null],
  ['NaN', null],
  ['', null],
  [null, null],
])('Retry-After: %s', (header, at) => {
  expect(parseRetryAfter(header, now)).toEqual(at)
})
