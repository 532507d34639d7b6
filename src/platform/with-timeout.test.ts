import { expect, test } from 'vitest'
import { resolvesWithin, withTimeout } from './with-timeout.ts'

const never = new Promise<never>(() => undefined)
const failed = () => Promise.reject(new Error('failed'))

test('work that ends in time resolves or rejects as it does', async () => {
  expect(await withTimeout(60_000, Promise.resolve(7))).toBe(7)
  await expect(withTimeout(60_000, failed())).rejects.toThrow('failed')
  expect(await resolvesWithin(60_000, Promise.resolve(7))).toBe(true)
  await expect(resolvesWithin(60_000, failed())).rejects.toThrow('failed')
})

test('work that takes longer rejects with the error of `late`', async () => {
  await expect(withTimeout(1, never)).rejects.toThrow('timed out')
  const late = new TypeError('too late')
  await expect(withTimeout(1, never, () => late)).rejects.toBe(late)
  expect(await resolvesWithin(1, never)).toBe(false)
})

test('a rejection after the timeout is not unhandled', async () => {
  const { promise, reject } = Promise.withResolvers<never>()
  await expect(withTimeout(1, promise)).rejects.toThrow('timed out')
  reject(new Error('nobody waits any more'))
  await new Promise(setImmediate)
})
