import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestApp, type TestApp } from '../../testing/app.ts'
import { createPerson } from '../../testing/factories.ts'
import { IdempotencyConflict } from '../errors.ts'
import { claimKey, type KeyClaim, keyProblem } from './idempotency.ts'

const hourMs = 3_600_000

let app: TestApp
let userId: string
beforeAll(async () => {
  app = await startTestApp()
  userId = (await createPerson(app, 'alice@example.com')).id
})
afterAll(() => app[Symbol.asyncDispose]())

type Wish = Partial<KeyClaim<{ id: number }>> & { readonly key: string }

const withDefaults = (wish: Wish) => ({
  userId,
  mutation: 'make',
  input: { a: 1 },
  result: { id: 1 },
  now: app.now,
  ...wish,
})

/** A transaction that claims the key and does nothing else. */
const claim = (wish: Wish) => app.app.db.transaction((tx) => claimKey(tx, withDefaults(wish)))

test('the first to claim a key makes, whoever comes later gets what was made', async () => {
  expect(await claim({ key: 'once', result: { id: 1 } })).toEqual({ isNew: true, result: { id: 1 } })
  expect(await claim({ key: 'once', result: { id: 2 } })).toEqual({ isNew: false, result: { id: 1 } })
})

test('another input is refused, also one that differs in a single nested value', async () => {
  await claim({ key: 'same', input: { list: [1, { b: null }] } })
  await expect(claim({ key: 'same', input: { list: [1, { b: 0 }] } })).rejects.toBeInstanceOf(IdempotencyConflict)
  await expect(claim({ key: 'same', input: { list: [1, { b: null }] } })).resolves.toMatchObject({ isNew: false })
})

test('each mutation has keys of its own', async () => {
  await claim({ key: 'shared', mutation: 'one', result: { id: 1 } })
  expect(await claim({ key: 'shared', mutation: 'two', input: {}, result: { id: 2 } })).toMatchObject({ isNew: true })
})

test('a key lapses after 24 hours, not before; then the new input is what is remembered', async () => {
  const now = new Date('2026-11-20T10:00:00Z')
  const later = (ms: number) => new Date(now.getTime() + ms)
  await claim({ key: 'lapse', now })
  expect(await claim({ key: 'lapse', now: later(24 * hourMs) })).toMatchObject({ isNew: false })
  const lapsed = later(24 * hourMs + 1)
  expect(await claim({ key: 'lapse', now: lapsed, input: { a: 2 }, result: { id: 2 } })).toMatchObject({ isNew: true })
  expect(await claim({ key: 'lapse', now: lapsed, input: { a: 2 } })).toEqual({ isNew: false, result: { id: 2 } })
  await expect(claim({ key: 'lapse', now: lapsed })).rejects.toBeInstanceOf(IdempotencyConflict)
})

describe('at once', () => {
  test('50 claims make one', async () => {
    const claims = await Promise.all(Array.from({ length: 50 }, (_, id) => claim({ key: 'race', result: { id } })))
    expect(claims.filter(({ isNew }) => isNew)).toHaveLength(1)
    expect(new Set(claims.map(({ result }) => result.id)).size).toBe(1)
  })

  test('20 claims of a key that has lapsed make one', async () => {
    await claim({ key: 'lapsed race', now: new Date(app.now.getTime() - 25 * hourMs), result: { id: -1 } })
    const claims = await Promise.all(
      Array.from({ length: 20 }, (_, id) => claim({ key: 'lapsed race', result: { id } })),
    )
    expect(claims.filter(({ isNew }) => isNew)).toHaveLength(1)
    expect(new Set(claims.map(({ result }) => result.id)).size).toBe(1)
    expect(claims[0]?.result.id).not.toBe(-1)
  })

  test.each([
    ['commits: the second gets its result', false, { isNew: false, result: { id: 1 } }],
    ['fails: the second is the first', true, { isNew: true, result: { id: 2 } }],
  ])('a claim waits for the one before it; that one %s', async (about, fails, expected) => {
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

test('the hourly job forgets what has lapsed, and nothing else', async () => {
  const ago = (ms: number) => new Date(app.now.getTime() - ms)
  await claim({ key: 'old', mutation: 'forget', now: ago(24 * hourMs + 1) })
  await claim({ key: 'young', mutation: 'forget', now: ago(24 * hourMs) })
  await app.runJob('platform.prune-idempotency-keys')
  const keys = await app.app.db.prisma.idempotencyKey.findMany({ where: { mutation: 'forget' } })
  expect(keys.map(({ key }) => key)).toEqual(['young'])
})

describe('a key', () => {
  test.each([
    ['one letter', 'a'],
    ['200 letters', 'a'.repeat(200)],
    ['a UUID', '0193dd78-0000-7000-8000-000000000000'],
    ['other scripts, signs and pictures', '아침 러닝 é e\u0301 ½ € 🏃'],
  ])('may be %s', (_about, key) => {
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
    ['with half a character', '\ud83c'],
    ['with a character that turns the text around', 'a\u202eb'],
    ['with a character that is not there', 'a\u{10ffff}'],
  ])('is not %s', (_about, key) => {
    expect(keyProblem(key)).toMatch(/1 to 200 printable/)
  })
})
