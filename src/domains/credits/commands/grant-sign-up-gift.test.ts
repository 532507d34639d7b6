import { decodeJwt } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestApp, type TestApp } from '../../../testing/app.ts'
import { clerkAddresses, clerkUser } from '../../../testing/clerk.ts'
import { processPendingEvents, sendClerkEvent } from '../../../testing/clerk-events.ts'
import { hold, spend } from '../index.ts'
import { verifyLedger } from '../queries/verify-ledger.ts'

const me = '{ me { id } }'

let app: TestApp
beforeAll(async () => {
  app = await startTestApp()
})
afterAll(() => app[Symbol.asyncDispose]())

const transactionsOf = (clerkId: string) =>
  app.app.db.prisma.creditTransaction.findMany({ where: { user: { clerkId } }, orderBy: { sequence: 'asc' } })
const gift = { kind: 'GRANT', amount: 100, balanceAfter: 100, description: 'Sign-up gift', expiresAt: null }

async function receiveClerkUser(id: string, email: string, changes: object = {}): Promise<void> {
  await sendClerkEvent(app, {
    type: 'user.created',
    data: clerkUser(id, { ...clerkAddresses([email]), ...changes }),
  })
  await processPendingEvents(app)
}

let updates = 0

async function updateClerkUser(id: string, changes: object): Promise<void> {
  updates += 1
  const data = clerkUser(id, { ...noAddress, ...changes, updated_at: 1_900_000_000_000 + updates })
  await sendClerkEvent(app, { type: 'user.updated', data })
  await processPendingEvents(app)
}

const noAddress = { email_addresses: [], primary_email_address_id: null }
const phone = (number: string, status = 'verified') => ({
  phone_numbers: [{ id: 'idn_phone', object: 'phone_number', phone_number: number, verification: { status } }],
})

describe('the sign-up gift', () => {
  test('is granted once, whether a request or a webhook creates the user', async () => {
    const email = 'first@example.com'
    const id = decodeJwt(await app.token(email)).sub ?? ''
    await Promise.all(Array.from({ length: 20 }, () => app.query(email, me)))
    await receiveClerkUser(id, email)
    await app.query(email, me)
    expect(await transactionsOf(id)).toMatchObject([gift])
    await receiveClerkUser('user_by_webhook', 'webhook@example.com')
    expect(await transactionsOf('user_by_webhook')).toMatchObject([gift])
  })

  test('is not granted without a verified address or phone number, and comes once one is verified', async () => {
    const contacts = { ...clerkAddresses(['later@example.com'], 'unverified'), ...phone('+821000000001', 'unverified') }
    await receiveClerkUser('user_later', '', contacts)
    expect(await transactionsOf('user_later')).toEqual([])
    await updateClerkUser('user_later', { first_name: 'Mina' })
    expect(await transactionsOf('user_later')).toEqual([])
    const verified = clerkAddresses(['later@example.com'])
    await Promise.all([updateClerkUser('user_later', verified), updateClerkUser('user_later', verified)])
    expect(await transactionsOf('user_later')).toMatchObject([gift])
    await updateClerkUser('user_later', { ...verified, ...phone('+821000000001') })
    expect(await transactionsOf('user_later')).toMatchObject([gift])
    expect(await app.app.db.prisma.awaitedGift.count({ where: { user: { clerkId: 'user_later' } } })).toBe(0)
  })

  test('is granted to a phone number once, whatever the number of accounts', async () => {
    for (const id of ['user_phone_1', 'user_phone_2', 'user_phone_3']) {
      await receiveClerkUser(id, '', { ...noAddress, ...phone('+821012345678') })
      expect(await transactionsOf(id)).toMatchObject(id === 'user_phone_1' ? [gift] : [])
      await sendClerkEvent(app, { type: 'user.deleted', data: { object: 'user', deleted: true, id } })
      await processPendingEvents(app)
      await app.runDueJobs()
    }
    await receiveClerkUser('user_phone_4', '', { ...noAddress, ...phone('+821012345679') })
    expect(await transactionsOf('user_phone_4')).toMatchObject([gift])
  })

  test('uses up every verified address and number of the user', async () => {
    await receiveClerkUser('user_both', 'both@example.com', phone('+821077777777'))
    expect(await transactionsOf('user_both')).toMatchObject([gift])
    await receiveClerkUser('user_same_address', 'both@example.com')
    await receiveClerkUser('user_same_phone', '', { ...noAddress, ...phone('+821077777777') })
    expect(await transactionsOf('user_same_address')).toEqual([])
    expect(await transactionsOf('user_same_phone')).toEqual([])
    await updateClerkUser('user_same_phone', { ...clerkAddresses(['fresh@example.com']), ...phone('+821077777777') })
    expect(await transactionsOf('user_same_phone')).toMatchObject([gift])
  })

  test('is not used up by a user who only entered the address of another person', async () => {
    await receiveClerkUser('user_thief', '', clerkAddresses(['owner@example.com'], 'unverified'))
    await receiveClerkUser('user_owner', 'owner@example.com')
    expect(await transactionsOf('user_owner')).toMatchObject([gift])
    expect(await transactionsOf('user_thief')).toEqual([])
  })

  test('is not granted for the claims of a token of Clerk, and comes with the webhook', async () => {
    const clerk = { ...app.app.config.clerk, claimsAreVerified: false }
    await using real = await startTestApp({ databaseUrl: app.databaseUrl, config: { clerk } })
    const email = 'claimed@example.com'
    expect((await real.query(email, '{ me { email firstName } }')).data).toEqual({
      me: { email: null, firstName: 'Claimed' },
    })
    const id = decodeJwt(await app.token(email)).sub ?? ''
    expect(await transactionsOf(id)).toEqual([])
    await receiveClerkUser(id, email)
    expect(await transactionsOf(id)).toMatchObject([gift])
  })

  test('is awaited for twelve months', async () => {
    await receiveClerkUser('user_never', '', noAddress)
    const began = app.now
    const awaited = () => app.app.db.prisma.awaitedGift.count({ where: { user: { clerkId: 'user_never' } } })
    try {
      app.now = new Date(began)
      app.now.setUTCMonth(app.now.getUTCMonth() + 12)
      app.now = new Date(app.now.getTime() - 1)
      await app.runJob('credits.forget-addresses')
      expect(await awaited()).toBe(1)
      app.now = new Date(app.now.getTime() + 1)
      await app.runJob('credits.forget-addresses')
      expect(await awaited()).toBe(0)
    } finally {
      app.now = began
    }
  })

  test('is granted to an address once in 12 months, in any letter case, and again after that', async () => {
    const began = app.now
    await receiveClerkUser('user_one', 'shared@example.com')
    await receiveClerkUser('user_two', 'Shared@Example.com')
    expect(await transactionsOf('user_two')).toEqual([])
    try {
      app.now = new Date(began)
      app.now.setUTCMonth(app.now.getUTCMonth() + 12)
      await receiveClerkUser('user_three', 'shared@example.com')
      expect(await transactionsOf('user_three')).toMatchObject([gift])
    } finally {
      app.now = began
    }
  })

  test('is not granted to the address of an erased user', async () => {
    await receiveClerkUser('user_deleted', 'deleted@example.com')
    await sendClerkEvent(app, { type: 'user.deleted', data: { object: 'user', deleted: true, id: 'user_deleted' } })
    await processPendingEvents(app)
    await app.runDueJobs()
    await app.app.db.prisma.giftedAddress.deleteMany()
    await receiveClerkUser('user_again', 'deleted@example.com')
    expect(await transactionsOf('user_again')).toEqual([])
    // The transactions of an erased user are kept.
    expect(await transactionsOf('user_deleted')).toMatchObject([gift])
  })

  test('has the configured amount, and is not granted when that is 0', async () => {
    await using generous = await startTestApp({ databaseUrl: app.databaseUrl, config: { signUpCredits: 7 } })
    await generous.query('generous@example.com', me)
    const id = decodeJwt(await app.token('generous@example.com')).sub ?? ''
    expect(await transactionsOf(id)).toMatchObject([{ amount: 7 }])
    await using none = await startTestApp({ databaseUrl: app.databaseUrl, config: { signUpCredits: 0 } })
    await none.query('none@example.com', me)
    expect(await transactionsOf(decodeJwt(await app.token('none@example.com')).sub ?? '')).toEqual([])
  })
})

test('users of the legacy system keep the credits that they had there, once, and get no gift', async () => {
  await app.app.db.prisma.user.create({ data: { legacyId: 'old-1', legacyCredits: 30, createdAt: app.now } })
  await receiveClerkUser('user_moved', 'moved@example.com', { external_id: 'old-1' })
  await receiveClerkUser('user_moved', 'moved@example.com', { external_id: 'old-1', updated_at: 1_900_000_000_000 })
  expect(await transactionsOf('user_moved')).toMatchObject([
    { kind: 'GRANT', amount: 30, description: 'Brought from the older system' },
  ])
})

test("spend rejects the ledger's own keys, and hold rejects a reference of another user", async () => {
  await receiveClerkUser('user_a', 'a@example.com')
  await receiveClerkUser('user_b', 'b@example.com')
  const idOf = async (clerkId: string) => (await app.app.db.prisma.user.findUniqueOrThrow({ where: { clerkId } })).id
  const [a, b] = [await idOf('user_a'), await idOf('user_b')]
  const { now } = app
  const spending = { userId: a, amount: 1, key: 'release:video:1', description: 'x', now }
  await expect(app.app.db.transaction((tx) => spend(tx, spending))).rejects.toThrow(RangeError)
  const input = { amount: 1, reference: 'video:1', description: 'x', deadline: now, now }
  await app.app.db.transaction((tx) => hold(tx, { ...input, userId: a }))
  await expect(app.app.db.transaction((tx) => hold(tx, { ...input, userId: b }))).rejects.toMatchObject({
    code: 'IDEMPOTENCY_CONFLICT',
  })
})

test('the ledger has no mismatches', async () => {
  const verdicts = await verifyLedger(app.app.db)
  expect(verdicts.filter(({ mismatches }) => mismatches > 0)).toEqual([])
})
