import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestApp, type TestApp } from '../../testing/app.ts'
import { createUser } from '../../testing/factories.ts'
import { IdempotencyConflict } from '../errors.ts'
import { claimKey, type KeyClaim, keyProblem } from './idempotency.ts'

const hourMs = 3_600_000

let app: TestApp
let userId: string
beforeAll(async () => {
  app = await startTestApp()
  userId = (await createUser(app, 'alice@example.com')).id
})
afterAll(() => app[Symbol.asyncDispose]())

type ClaimInput = Partial<KeyClaim<{ id: number }>> & { readonly key: string }

const withDefaults = (input: ClaimInput) => ({
  userId,
  mutation: 'make',
  input: { a: 1 },
  result: { id: 1 },
  now: app.now,
  ...input,
})

/** A transaction that claims the key and does nothing else. */
const claim = (input: ClaimInput) => app.app.db.transaction((tx) => claimKey(tx, withDefaults(input)))

test('the first claim of a key is new, later claims get its result', async () => {
  expect(await claim({ key: 'once', result: { id: 1 } })).toEqual({ isNew: true, result: { id: 1 } })
  expect(await claim({ key: 'once', result: { id: 2 } })).toEqual({ isNew: false, result: { id: 1 } })
})

test('another input throws IdempotencyConflict, even if it differs in one nested value', async () => {
  await claim({ key: 'same', input: { list: [1, { b: null }] } })
  await expect(claim({ key: 'same', input: { list: [1, { b: 0 }] } })).rejects.toBeInstanceOf(IdempotencyConflict)
  await expect(claim({ key: 'same', input: { list: [1, { b: null }] } })).resolves.toMatchObject({ isNew: false })
})

test('keys of different mutations are independent', async () => {
  await claim({ key: 'shared', mutation: 'one', result: { id: 1 } })
  expect(await claim({ key: 'shared', mutation: 'two', input: {}, result: { id: 2 } })).toMatchObject({ isNew: true })
})

test('a key expires after 24 hours, not earlier; then the new input is stored', async () => {
  const now = new Date('2026-11-20T10:00:00Z')
  const later = (ms: number) => new Date(now.getTime() + ms)
  await claim({ key: 'expire', now })
  expect(await claim({ key: 'expire', now: later(24 * hourMs) })).toMatchObject({ isNew: false })
  const expired = later(24 * hourMs + 1)
  expect(await claim({ key: 'expire', now: expired, input: { a: 2 }, result: { id: 2 } })).toMatchObject({
    isNew: true,
  })
  expect(await claim({ key: 'expire', now: expired, input: { a: 2 } })).toEqual({ isNew: false, result: { id: 2 } })
  await expect(claim({ key: 'expire', now: expired })).rejects.toBeInstanceOf(IdempotencyConflict)
})

describe('concurrent claims', () => {
  test('50 claims of a key have one result', async () => {
    const claims = await Promise.all(Array.from({ length: 50 }, (_, id) => claim({ key: 'race', result: { id } })))
    expect(claims.filter(({ isNew }) => isNew)).toHaveLength(1)
    expect(new Set(claims.map(({ result }) => result.id)).size).toBe(1)
  })

  test('20 claims of an expired key have one result', async () => {
    await claim({ key: 'expired race', now: new Date(app.now.getTime() - 25 * hourMs), result: { id: -1 } })
    const claims = await Promise.all(
      Array.from({ length: 20 }, (_, id) => claim({ key: 'expired race', result: { id } })),
    )
    expect(claims.filter(({ isNew }) => isNew)).toHaveLength(1)
    expect(new Set(claims.map(({ result }) => result.id)).size).toBe(1)
    expect(claims[0]?.result.id).not.toBe(-1)
  })

  test.each([
    ['commits: the second claim gets its result', false, { isNew: false, result: { id: 1 } }],
    ['fails: the second claim is new', true, { isNew: true, result: { id: 2 } }],
  ])('a claim waits for the transaction of the first claim, which %s', async (about, fails, expected) => {
    const claimed = Promise.withResolvers<void>()
    const finish = Promise.withResolvers<void>()
    const first = app.app.db.transaction(async (tx) => {
      await claimKey(tx, withDefaults({ key: about }))
      claimed.resolve()
      await finish.promise
      if (fails) throw new Error('the effect failed')
    })
    const firstEnds = fails ? expect(first).rejects.toThrow('the effect failed') : first
    await claimed.promise
    const second = claim({ key: about, result: { id: 2 } })
    await expect.poll(locksWaitedFor).toBe(1)
    finish.resolve()
    await firstEnds
    expect(await second).toEqual(expected)
  })
})

async function locksWaitedFor(): Promise<number> {
  const { rows } = await app.app.db.pool.query<{ n: number }>(
    `SELECT count(*)::int AS n FROM pg_stat_activity
     WHERE datname = current_database() AND wait_event_type = 'Lock'`,
  )
  return rows[0]?.n ?? 0
}

test('the hourly job deletes expired keys only', async () => {
  const ago = (ms: number) => new Date(app.now.getTime() - ms)
  await claim({ key: 'old', mutation: 'prune', now: ago(24 * hourMs + 1) })
  await claim({ key: 'young', mutation: 'prune', now: ago(24 * hourMs) })
  await app.runJob('platform.prune-idempotency-keys')
  const keys = await app.app.db.prisma.idempotencyKey.findMany({ where: { mutation: 'prune' } })
  expect(keys.map(({ key }) => key)).toEqual(['young'])
})

describe('a key', () => {
  test.each([
    ['one letter', 'a'],
    ['200 letters', 'a'.repeat(200)],
    ['a UUID', '0193dd78-0000-7000-8000-000000000000'],
    ['other scripts, symbols and emoji', '아침 러닝 é e\u0301 ½ € 🏃'],
  ])('is valid: %s', (_about, key) => {
    expect(keyProblem(key)).toBeNull()
  })

  test('of 200 characters outside the basic plane fits the column', async () => {
    const key = '🏃'.repeat(200)
    expect(keyProblem(key)).toBeNull()
    expect(await claim({ key })).toMatchObject({ isNew: true })
  })

  test.each([
    ['nothing', ''],
    ['201 letters', 'a'.repeat(201)],
    ['with NUL', 'a\0'],
    ['with a line break', 'a\nb'],
    ['with a line break at the end', 'a\n'],
    ['with a tab', 'a\tb'],
    ['with a lone surrogate', '\ud83c'],
    ['with a bidirectional override', 'a\u202eb'],
    ['with an unassigned character', 'a\u{10ffff}'],
  ])('is invalid: %s', (_about, key) => {
    expect(keyProblem(key)?.texts.en).toMatch(/1 to 200 printable/)
  })
})
