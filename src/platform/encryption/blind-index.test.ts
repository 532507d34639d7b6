import { createHmac } from 'node:crypto'
import { expect, test } from 'vitest'
import { createBlindIndex } from './blind-index.ts'
import { newKey } from './encryptor.ts'

const key = newKey()
const index = createBlindIndex(key, 'users.email')

test('equal values have equal hashes, with every instance; different values have different hashes', () => {
  expect(index('alice@example.com')).toBe(createBlindIndex(key, 'users.email')('alice@example.com'))
  const values = ['', 'a', 'A', 'a ', 'alice@example.com', 'é', 'e\u0301']
  expect(new Set(values.map(index)).size).toBe(values.length)
})

test('is the base64url of an HMAC-SHA256 of purpose and value, which stored hashes depend on', () => {
  const hmac = createHmac('sha256', Buffer.from(key, 'base64url')).update('users.email\0alice@example.com')
  expect(index('alice@example.com')).toBe(hmac.digest('base64url'))
})

test('another key or another purpose gives another hash', () => {
  expect(createBlindIndex(newKey(), 'users.email')('a')).not.toBe(index('a'))
  expect(createBlindIndex(key, 'erased_addresses')('a')).not.toBe(index('a'))
  // Purpose and value are separated.
  expect(createBlindIndex(key, 'ab')('c')).not.toBe(createBlindIndex(key, 'a')('bc'))
})

test('throws for a key that is not 32 bytes', () => {
  expect(() => createBlindIndex('short', 'users.email')).toThrow('32 bytes')
})
