import { createHmac } from 'node:crypto'
import { expect, test } from 'vitest'
import { createBlindIndex } from './blind-index.ts'
import { newKey } from './sealing.ts'

const key = newKey()
const index = createBlindIndex(key, 'users.email')

test('equal values have equal hashes, in every process; others have others', () => {
  expect(index('alice@example.com')).toBe(createBlindIndex(key, 'users.email')('alice@example.com'))
  const values = ['', 'a', 'A', 'a ', 'alice@example.com', 'é', 'e\u0301']
  expect(new Set(values.map(index)).size).toBe(values.length)
})

test('is an HMAC-SHA256 of purpose and value, as base64url: what is in a database must stay findable', () => {
  const hmac = createHmac('sha256', Buffer.from(key, 'base64url')).update('users.email\0alice@example.com')
  expect(index('alice@example.com')).toBe(hmac.digest('base64url'))
})

test('another key or another purpose has other hashes', () => {
  expect(createBlindIndex(newKey(), 'users.email')('a')).not.toBe(index('a'))
  expect(createBlindIndex(key, 'erased_addresses')('a')).not.toBe(index('a'))
  // Purpose and value are kept apart.
  expect(createBlindIndex(key, 'ab')('c')).not.toBe(createBlindIndex(key, 'a')('bc'))
})

test('takes a key of 32 bytes only', () => {
  expect(() => createBlindIndex('short', 'users.email')).toThrow('32 bytes')
})
