import { expect, test } from 'vitest'
import { inBatches } from './in-batches.ts'

const sizes: number[] = []
const from = (rows: number) => async (size: number) => {
  sizes.push(size)
  const taken = Math.min(size, rows)
  rows -= taken
  return taken
}

test.each([
  [0, 1],
  [9, 1],
  [10, 2],
  [25, 3],
])('inBatches takes %i rows, ten at a time, in %i batches', async (rows, batches) => {
  sizes.splice(0)
  expect(await inBatches({ size: 10 }, from(rows))).toBe(rows)
  expect(sizes).toEqual(Array.from({ length: batches }, () => 10))
})

test('inBatches stops after mostMs and leaves the rest to the next run', async () => {
  const take = from(25)
  expect(await inBatches({ size: 10, mostMs: 0 }, take)).toBe(10)
  expect(await inBatches({ size: 10 }, take)).toBe(15)
})
