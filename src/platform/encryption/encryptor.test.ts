import { describe, expect, test } from 'vitest'
import { createEncryptor, DecryptionFailed, isKey, newKey } from './encryptor.ts'

const [oldKey, key] = [newKey(), newKey()]
const encryptor = createEncryptor([key])
const place = 'users.email'

test.each(['', 'a', 'alice@example.com', 'é 한 🏃', 'x'.repeat(1024 * 1024)])(
  'decrypts what it has encrypted',
  (text) => {
    const encrypted = encryptor.encrypt(text, place)
    expect(encryptor.decrypt(encrypted, place).toString()).toBe(text)
    expect(encrypted.length).toBe(Buffer.byteLength(text) + 33)
  },
)

test('encrypts bytes as well as text', () => {
  const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte)
  expect([...encryptor.decrypt(encryptor.encrypt(bytes, place), place)]).toEqual([...bytes])
})

test('encrypting a value again gives other bytes, and none contains the value', () => {
  const encrypted = Array.from({ length: 100 }, () => Buffer.from(encryptor.encrypt('alice@example.com', place)))
  expect(new Set(encrypted.map((bytes) => bytes.toString('hex'))).size).toBe(100)
  expect(encrypted.some((bytes) => bytes.includes('alice'))).toBe(false)
})

describe('does not decrypt', () => {
  const encrypted = encryptor.encrypt('alice@example.com', place)

  test('a value of another place', () => {
    expect(() => encryptor.decrypt(encrypted, 'inbox_events.body')).toThrow(DecryptionFailed)
  })

  test('a value with any of its bits changed', () => {
    for (let bit = 0; bit < encrypted.length * 8; bit += 1) {
      const changed = Uint8Array.from(encrypted)
      changed[bit >> 3]! ^= 1 << (bit & 7)
      expect(() => encryptor.decrypt(changed, place)).toThrow(DecryptionFailed)
    }
  })

  test('a value of another length', () => {
    for (let length = 0; length < encrypted.length; length += 1) {
      expect(() => encryptor.decrypt(encrypted.subarray(0, length), place)).toThrow(DecryptionFailed)
    }
    expect(() => encryptor.decrypt(Buffer.concat([encrypted, Buffer.from([0])]), place)).toThrow(DecryptionFailed)
  })

  test('a value of an unknown key, and says what to do', () => {
    const ofUnknownKey = createEncryptor([oldKey]).encrypt('alice@example.com', place)
    expect(() => encryptor.decrypt(ofUnknownKey, place)).toThrow(
      /users\.email .* key \([\da-f]{8}\) .* Add the key to EMAIL_ENC_KEY/,
    )
  })
})

test('encrypts with the newest key and decrypts with every key', () => {
  const old = createEncryptor([oldKey])
  const both = createEncryptor([key, oldKey])
  const [before, after] = [old.encrypt('a', place), both.encrypt('a', place)]
  expect(both.decrypt(before, place).toString()).toBe('a')
  expect(encryptor.decrypt(after, place).toString()).toBe('a')
  expect(() => old.decrypt(after, place)).toThrow(DecryptionFailed)
  const beginOf = (bytes: Uint8Array) => [...bytes.subarray(0, both.currentPrefix.length)]
  expect(beginOf(after)).toEqual([...both.currentPrefix])
  expect(beginOf(before)).not.toEqual([...both.currentPrefix])
  expect(beginOf(before)).toEqual([...old.currentPrefix])
})

test('a key is the base64url of 32 bytes', () => {
  expect(isKey(newKey())).toBe(true)
  expect(newKey()).not.toBe(newKey())
  const wrong = [
    '',
    'short',
    `${newKey()}AA`,
    newKey().slice(1),
    `+${newKey().slice(1)}`,
    ` ${newKey()}`,
    `${newKey()}\n`,
  ]
  for (const text of wrong) {
    expect(isKey(text)).toBe(false)
    expect(() => createEncryptor([text])).toThrow('32 bytes')
  }
  expect(() => createEncryptor([])).toThrow('no encryption key')
})
