import { expect, test } from 'vitest'
import { inBatches } from './in-batches.ts'

const asked: number[] = []
const from = (rows: number) => async (size: number) => {
  asked.push(size)
  const taken = Math.min(size, rows)
  rows -= taken
  return taken
}

test.each([
  [0, 1],
  [9, 1],
  [10, 2],
  [25, 3],
])('of %i rows, ten at a time, all are taken in %i batches', async (rows, batches) => {
  asked.splice(0)
  expect(await inBatches({ size: 10 }, from(rows))).toBe(rows)
  expect(asked).toEqual(Array.from({ length: batches }, () => 10))
})

test('when the time is over the rest is left to the next run', async () => {
  const take = from(25)
  expect(await inBatches({ size: 10, mostMs: 0 }, take)).toBe(10)
  expect(await inBatches({ size: 10 }, take)).toBe(15)
})
