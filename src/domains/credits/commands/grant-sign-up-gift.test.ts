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

  test('is granted to a user without an address', async () => {
    await receiveClerkUser('user_no_address', '', { email_addresses: [], primary_email_address_id: null })
    expect(await transactionsOf('user_no_address')).toMatchObject([gift])
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
