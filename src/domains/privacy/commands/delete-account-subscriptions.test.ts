import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Prisma, User } from '../../../generated/prisma/client.ts'
import { startTestApp, type TestApp } from '../../../testing/app.ts'
import { createUser } from '../../../testing/factories.ts'
import { deleteAccount } from '../../../testing/privacy-steps.ts'
import { type FakeRevenueCat, restCustomer, restSubscription, startRevenueCat } from '../../../testing/revenuecat.ts'
import { createSubscription, dayMs, revenueCatConfig } from '../../../testing/subscriptions.ts'
import { scheduleErasure } from './schedule-erasure.ts'

let revenueCat: FakeRevenueCat
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
  user = await createUser(app, email)
  revenueCat.fault = null
})

async function subscribe(input: Partial<Prisma.PlanSubscriptionUncheckedCreateInput>) {
  const { purchasedAt, productId, store, transactionId } = await createSubscription(app, user, input)
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

test('deleteAccount first cancels all subscriptions, including those of unknown products', async () => {
  const all = [
    await subscribe(web),
    await subscribe(google),
    await subscribe({ store: 'PLAY_STORE', productId: 'older:monthly' }),
  ]
  expect(await answer()).toMatchObject({ __typename: 'DeleteAccountPayload' })
  for (const { unsubscribe_detected_at: cancelledAt } of all) expect(cancelledAt).not.toBeNull()
  expect(await standing()).toBe('DELETING')
})

test('without the word DELETE nothing is cancelled', async () => {
  const rest = await subscribe(web)
  expect(await answer('delete')).toMatchObject({ __typename: 'InvalidInputError' })
  expect(rest.unsubscribe_detected_at).toBeNull()
})

test('a subscription that only the store can cancel must be cancelled there first', async () => {
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

test('while RevenueCat is unavailable nothing is deleted, and ProviderUnavailableError is returned', async () => {
  await subscribe(web)
  revenueCat.fault = { status: 503, headers: { 'retry-after': '600' } }
  expect(await answer()).toMatchObject({ __typename: 'ProviderUnavailableError', retryAt: expect.any(String) })
  expect(await standing()).toBe('ACTIVE')
})

test.each([
  ['is shared by the family', { isFamilyShare: true }],
  ['does not renew', { willRenew: false }],
  ['has ended', { endedAt: ago(1 / dayMs) }],
  ['does not expire', { expiresAt: null }],
  ['was granted', { store: 'PROMOTIONAL' }],
  ['is prepaid', { periodType: 'PREPAID' }],
  ['expired so long ago that no store retries the payment, without an event', { expiresAt: ago(61) }],
])('a subscription that %s does not prevent the deletion', async (_about, input) => {
  await subscribe({ store: 'APP_STORE', ...input })
  expect(await answer()).toMatchObject({ __typename: 'DeleteAccountPayload' })
})

test.each([
  ['whose payment failed', { expiresAt: ago(30), billingIssueAt: ago(30) }],
  ['that is paused', { expiresAt: ago(80), pausedAt: ago(80), resumesAt: ago(-10) }],
])('a subscription %s must be cancelled too', async (_about, input) => {
  await subscribe({ store: 'APP_STORE', ...input })
  expect(await answer()).toMatchObject({ __typename: 'ManagedElsewhereError' })
})

test('a deletion that Clerk reports does not wait: jobs cancel the subscriptions that can be cancelled', async () => {
  const [atWeb, atApple] = [await subscribe(web), await subscribe({ store: 'APP_STORE' })]
  revenueCat.fault = { status: 503, headers: { 'retry-after': '600' } }
  await app.app.db.transaction((tx) => scheduleErasure(tx, { userId: user.id, now: app.now }))
  const renewals = await app.app.db.prisma.$queryRaw<{ payload: { store: string } }[]>`
    SELECT payload FROM graphile_worker._private_jobs AS job
    JOIN graphile_worker._private_tasks AS task ON task.id = job.task_id
    WHERE task.identifier = 'billing.end-renewal' ORDER BY job.id`
  expect(renewals.map(({ payload }) => payload.store)).toEqual(['RC_BILLING', 'APP_STORE'])
  // The rows are deleted before RevenueCat is available again.
  await app.app.db.prisma.planSubscription.deleteMany({ where: { userId: user.id } })
  for (const { payload } of renewals) {
    if (payload.store === 'RC_BILLING') await expect(app.runJob('billing.end-renewal', payload)).rejects.toThrow()
  }
  revenueCat.fault = null
  for (const { payload } of renewals) await app.runJob('billing.end-renewal', payload)
  expect(atWeb.unsubscribe_detected_at).not.toBeNull()
  expect(atApple.unsubscribe_detected_at).toBeNull()
})
