import { expect, test } from 'vitest'
import { memoize } from './memoize.ts'

let now = 5

test('concurrent and later calls share one read, until the time is over', async () => {
  let reads = 0
  const read = memoize(
    1_000,
    async () => ++reads,
    () => now,
  )
  expect(await Promise.all([read(), read()])).toEqual([1, 1])
  now += 999
  expect(await read()).toBe(1)
  now += 2
  expect(await read()).toBe(2)
})

test('a rejection is kept as long as a result', async () => {
  let reads = 0
  const fail = async () => {
    reads += 1
    throw new Error(`failure ${reads}`)
  }
  const read = memoize(1_000, fail, () => now)
  await expect(read()).rejects.toThrow('failure 1')
  await expect(read()).rejects.toThrow('failure 1')
  now += 1_001
  await expect(read()).rejects.toThrow('failure 2')
})

test('a read that does not end is repeated after the time', () => {
  let reads = 0
  const hang = () => {
    reads += 1
    return new Promise(() => undefined)
  }
  const read = memoize(1_000, hang, () => now)
  void read()
  void read()
  expect(reads).toBe(1)
  now += 1_001
  void read()
  expect(reads).toBe(2)
})
