import { decodeJwt } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestApp, type TestApp } from '../../testing/app.ts'
import { clerkAddresses, clerkPerson } from '../../testing/clerk.ts'
import { sendClerkEvent, workOffEvents } from '../../testing/clerk-events.ts'
import { hold, spend } from './index.ts'
import { verifyLedger } from './verify-ledger.ts'

const me = '{ me { id } }'

let app: TestApp
beforeAll(async () => {
  app = await startTestApp()
})
afterAll(() => app[Symbol.asyncDispose]())

const transactionsOf = (clerkId: string) =>
  app.app.db.prisma.creditTransaction.findMany({ where: { user: { clerkId } }, orderBy: { sequence: 'asc' } })
const gift = { kind: 'GRANT', amount: 100, balanceAfter: 100, description: 'Sign-up gift', expiresAt: null }

async function clerkTells(id: string, email: string, changes: object = {}): Promise<void> {
  await sendClerkEvent(app, {
    type: 'user.created',
    data: clerkPerson(id, { ...clerkAddresses([email]), ...changes }),
  })
  await workOffEvents(app)
}

describe('the gift for signing up', () => {
  test('comes once, whether a first request or a webhook makes the row', async () => {
    const email = 'first@example.com'
    const id = decodeJwt(await app.token(email)).sub ?? ''
    await Promise.all(Array.from({ length: 20 }, () => app.query(email, me)))
    await clerkTells(id, email)
    await app.query(email, me)
    expect(await transactionsOf(id)).toMatchObject([gift])
    await clerkTells('user_by_webhook', 'webhook@example.com')
    expect(await transactionsOf('user_by_webhook')).toMatchObject([gift])
  })

  test('comes to somebody without an address', async () => {
    await clerkTells('user_no_address', '', { email_addresses: [], primary_email_address_id: null })
    expect(await transactionsOf('user_no_address')).toMatchObject([gift])
  })

  test('does not come again to an address within twelve months, however it is written; later it does', async () => {
    const began = app.now
    await clerkTells('user_one', 'shared@example.com')
    await clerkTells('user_two', 'Shared@Example.com')
    expect(await transactionsOf('user_two')).toEqual([])
    try {
      app.now = new Date(began)
      app.now.setUTCMonth(app.now.getUTCMonth() + 12)
      await clerkTells('user_three', 'shared@example.com')
      expect(await transactionsOf('user_three')).toMatchObject([gift])
    } finally {
      app.now = began
    }
  })

  test('does not come to an address whose person was erased', async () => {
    await clerkTells('user_leaver', 'leaver@example.com')
    await sendClerkEvent(app, { type: 'user.deleted', data: { object: 'user', deleted: true, id: 'user_leaver' } })
    await workOffEvents(app)
    await app.runDueJobs()
    await app.app.db.prisma.giftedAddress.deleteMany()
    await clerkTells('user_comes_back', 'leaver@example.com')
    expect(await transactionsOf('user_comes_back')).toEqual([])
    // What happened to the wallet is kept without the person.
    expect(await transactionsOf('user_leaver')).toMatchObject([gift])
  })

  test('is as large as configured, and none when that is none', async () => {
    await using generous = await startTestApp({ databaseUrl: app.databaseUrl, config: { signUpCredits: 7 } })
    await generous.query('generous@example.com', me)
    const id = decodeJwt(await app.token('generous@example.com')).sub ?? ''
    expect(await transactionsOf(id)).toMatchObject([{ amount: 7 }])
    await using none = await startTestApp({ databaseUrl: app.databaseUrl, config: { signUpCredits: 0 } })
    await none.query('none@example.com', me)
    expect(await transactionsOf(decodeJwt(await app.token('none@example.com')).sub ?? '')).toEqual([])
  })
})

test('people of the older system bring what they had there, once, and get no gift', async () => {
  await app.app.db.prisma.user.create({ data: { legacyId: 'old-1', legacyCredits: 30, createdAt: app.now } })
  await clerkTells('user_moved', 'moved@example.com', { external_id: 'old-1' })
  await clerkTells('user_moved', 'moved@example.com', { external_id: 'old-1', updated_at: 1_900_000_000_000 })
  expect(await transactionsOf('user_moved')).toMatchObject([
    { kind: 'GRANT', amount: 30, description: 'Brought from the older system' },
  ])
})

test("a caller's key cannot be one of the ledger's own, nor a hold's reference another person's", async () => {
  await clerkTells('user_a', 'a@example.com')
  await clerkTells('user_b', 'b@example.com')
  const idOf = async (clerkId: string) => (await app.app.db.prisma.user.findUniqueOrThrow({ where: { clerkId } })).id
  const [a, b] = [await idOf('user_a'), await idOf('user_b')]
  const { now } = app
  const taking = { userId: a, amount: 1, key: 'release:video:1', description: 'x', now }
  await expect(app.app.db.transaction((tx) => spend(tx, taking))).rejects.toThrow(RangeError)
  const wish = { amount: 1, reference: 'video:1', description: 'x', deadline: now, now }
  await app.app.db.transaction((tx) => hold(tx, { ...wish, userId: a }))
  await expect(app.app.db.transaction((tx) => hold(tx, { ...wish, userId: b }))).rejects.toMatchObject({
    code: 'IDEMPOTENCY_CONFLICT',
  })
})

test('and the ledger has no lies', async () => {
  const verdicts = await verifyLedger(app.app.db)
  expect(verdicts.filter(({ lies }) => lies > 0)).toEqual([])
})
