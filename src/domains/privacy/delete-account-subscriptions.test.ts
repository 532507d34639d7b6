import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Prisma, User } from '../../generated/prisma/client.ts'
import { startTestApp, type TestApp } from '../../testing/app.ts'
import { createPerson } from '../../testing/factories.ts'
import { deleteAccount } from '../../testing/privacy-steps.ts'
import { type RevenueCatStandIn, restCustomer, restSubscription, startRevenueCat } from '../../testing/revenuecat.ts'
import { createSubscription, dayMs, revenueCatConfig } from '../../testing/subscriptions.ts'
import { scheduleErasure } from './schedule-erasure.ts'

let revenueCat: RevenueCatStandIn
let app: TestApp
beforeAll(async () => {
  revenueCat = await startRevenueCat()
  app = await startTestApp({ config: revenueCatConfig(revenueCat) })
})
afterAll(async () => {
  await app[Symbol.asyncDispose]()
  await revenueCat[Symbol.asyncDispose]()
})

let count = 0
let email: string
let user: User
beforeEach(async () => {
  email = `payer${++count}@example.com`
  user = await createPerson(app, email)
  revenueCat.trouble = null
})

async function subscribe(wish: Partial<Prisma.PlanSubscriptionUncheckedCreateInput>) {
  const { purchasedAt, productId, store, transactionId } = await createSubscription(app, user, wish)
  const known = { store: store?.toLowerCase(), store_transaction_id: transactionId }
  const rest = restSubscription(purchasedAt, known)
  const subscriptions = { ...revenueCat.customers.get(user.id)?.subscriptions, [productId]: rest }
  revenueCat.customers.set(user.id, restCustomer({ subscriptions }))
  return rest
}

const web = { store: 'RC_BILLING', productId: 'plus_monthly' }
const google = { store: 'PLAY_STORE', productId: 'pro:monthly' }
const ago = (days: number) => new Date(Date.now() - days * dayMs)
const standing = async () => (await app.app.db.prisma.user.findUniqueOrThrow({ where: { id: user.id } })).standing
const answer = async (confirm?: string) => (await deleteAccount(app, email, confirm)).data.deleteAccount

test('whoever deletes their account stops paying first, also for what nobody configured', async () => {
  const all = [
    await subscribe(web),
    await subscribe(google),
    await subscribe({ store: 'PLAY_STORE', productId: 'older:monthly' }),
  ]
  expect(await answer()).toMatchObject({ __typename: 'DeleteAccountPayload' })
  for (const { unsubscribe_detected_at: cancelledAt } of all) expect(cancelledAt).not.toBeNull()
  expect(await standing()).toBe('DELETING')
})

test('without the right word nothing is cancelled', async () => {
  const rest = await subscribe(web)
  expect(await answer('delete')).toMatchObject({ __typename: 'InvalidInputError' })
  expect(rest.unsubscribe_detected_at).toBeNull()
})

test('what only the store can end must be ended there before', async () => {
  await subscribe({ store: 'APP_STORE' })
  expect(await answer()).toMatchObject({
    __typename: 'ManagedElsewhereError',
    managementUrl: 'https://apps.apple.com/account/subscriptions',
    message: expect.stringMatching(/Cancel it there: .*, then try again\.$/),
  })
  expect(await standing()).toBe('ACTIVE')
  await app.app.db.prisma.planSubscription.updateMany({ where: { userId: user.id }, data: { willRenew: false } })
  expect(await answer()).toMatchObject({ __typename: 'DeleteAccountPayload' })
})

test('while RevenueCat is away nothing is deleted, and it says so', async () => {
  await subscribe(web)
  revenueCat.trouble = { status: 503, headers: { 'retry-after': '600' } }
  expect(await answer()).toMatchObject({ __typename: 'ProviderUnavailableError', retryAt: expect.any(String) })
  expect(await standing()).toBe('ACTIVE')
})

test.each([
  ['the family shares', { isFamilyShare: true }],
  ['does not renew', { willRenew: false }],
  ['has ended', { endedAt: ago(1 / dayMs) }],
  ['never ends', { expiresAt: null }],
  ['was given', { store: 'PROMOTIONAL' }],
  ['was paid in advance', { periodType: 'PREPAID' }],
  ['lapsed so long ago that no store tries again, though nobody told', { expiresAt: ago(61) }],
])('what %s keeps nobody', async (_about, wish) => {
  await subscribe({ store: 'APP_STORE', ...wish })
  expect(await answer()).toMatchObject({ __typename: 'DeleteAccountPayload' })
})

test.each([
  ['whose payment failed', { expiresAt: ago(30), billingIssueAt: ago(30) }],
  ['that is paused', { expiresAt: ago(80), pausedAt: ago(80), resumesAt: ago(-10) }],
])('one %s must be ended too', async (_about, wish) => {
  await subscribe({ store: 'APP_STORE', ...wish })
  expect(await answer()).toMatchObject({ __typename: 'ManagedElsewhereError' })
})

test('a deletion from elsewhere is held up by nothing: jobs end what can be ended', async () => {
  const [atWeb, atApple] = [await subscribe(web), await subscribe({ store: 'APP_STORE' })]
  revenueCat.trouble = { status: 503, headers: { 'retry-after': '600' } }
  await app.app.db.transaction((tx) => scheduleErasure(tx, { userId: user.id, now: app.now }))
  const renewals = await app.app.db.prisma.$queryRaw<{ payload: { store: string } }[]>`
    SELECT payload FROM graphile_worker._private_jobs AS job
    JOIN graphile_worker._private_tasks AS task ON task.id = job.task_id
    WHERE task.identifier = 'billing.end-renewal' ORDER BY job.id`
  expect(renewals.map(({ payload }) => payload.store)).toEqual(['RC_BILLING', 'APP_STORE'])
  // The rows are gone by the time that RevenueCat is back.
  await app.app.db.prisma.planSubscription.deleteMany({ where: { userId: user.id } })
  for (const { payload } of renewals) {
    if (payload.store === 'RC_BILLING') await expect(app.runJob('billing.end-renewal', payload)).rejects.toThrow()
  }
  revenueCat.trouble = null
  for (const { payload } of renewals) await app.runJob('billing.end-renewal', payload)
  expect(atWeb.unsubscribe_detected_at).not.toBeNull()
  expect(atApple.unsubscribe_detected_at).toBeNull()
})
