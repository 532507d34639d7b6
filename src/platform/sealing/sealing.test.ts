import { describe, expect, test } from 'vitest'
import { createSealer, isKey, newKey, SealBroken } from './sealing.ts'

const [oldKey, key] = [newKey(), newKey()]
const sealer = createSealer([key])
const place = 'users.email'

test.each(['', 'a', 'alice@example.com', 'é 한 🏃', 'x'.repeat(1024 * 1024)])('opens what it has sealed', (text) => {
  const sealed = sealer.seal(text, place)
  expect(sealer.open(sealed, place).toString()).toBe(text)
  expect(sealed.length).toBe(Buffer.byteLength(text) + 33)
})

test('seals bytes as well as texts', () => {
  const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte)
  expect([...sealer.open(sealer.seal(bytes, place), place)]).toEqual([...bytes])
})

test('the same value never looks the same, and nothing of it shows', () => {
  const sealed = Array.from({ length: 100 }, () => Buffer.from(sealer.seal('alice@example.com', place)))
  expect(new Set(sealed.map((bytes) => bytes.toString('hex'))).size).toBe(100)
  expect(sealed.some((bytes) => bytes.includes('alice'))).toBe(false)
})

describe('does not open', () => {
  const sealed = sealer.seal('alice@example.com', place)

  test('a value in another place', () => {
    expect(() => sealer.open(sealed, 'inbox_events.body')).toThrow(SealBroken)
  })

  test('a value with any of its bits changed', () => {
    for (let bit = 0; bit < sealed.length * 8; bit += 1) {
      const changed = Uint8Array.from(sealed)
      changed[bit >> 3]! ^= 1 << (bit & 7)
      expect(() => sealer.open(changed, place)).toThrow(SealBroken)
    }
  })

  test('a value that was cut off, wherever', () => {
    for (let length = 0; length < sealed.length; length += 1) {
      expect(() => sealer.open(sealed.subarray(0, length), place)).toThrow(SealBroken)
    }
    expect(() => sealer.open(Buffer.concat([sealed, Buffer.from([0])]), place)).toThrow(SealBroken)
  })

  test('a value of a key that it does not have, and says what to do', () => {
    const stranger = createSealer([oldKey]).seal('alice@example.com', place)
    expect(() => sealer.open(stranger, place)).toThrow(
      /users\.email .* key \([\da-f]{8}\) .* Add the key to EMAIL_ENC_KEY/,
    )
  })
})

test('the newest key seals, every key opens', () => {
  const old = createSealer([oldKey])
  const both = createSealer([key, oldKey])
  const [before, after] = [old.seal('a', place), both.seal('a', place)]
  expect(both.open(before, place).toString()).toBe('a')
  expect(sealer.open(after, place).toString()).toBe('a')
  expect(() => old.open(after, place)).toThrow(SealBroken)
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
    expect(() => createSealer([text])).toThrow('32 bytes')
  }
  expect(() => createSealer([])).toThrow('no encryption key')
})
