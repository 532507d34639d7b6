import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { CancelSubscriptionDocument } from '../../../../operations/typed-operations.ts'
import type { PlanSubscription, Prisma, User } from '../../../generated/prisma/client.ts'
import { toGlobalId } from '../../../graphql/ids.ts'
import { startTestApp, type TestApp } from '../../../testing/app.ts'
import { createUser } from '../../../testing/factories.ts'
import { type FakeRevenueCat, restCustomer, restSubscription, startRevenueCat } from '../../../testing/revenuecat.ts'
import { createSubscription, dayMs, revenueCatConfig, sendPurchase } from '../../../testing/subscriptions.ts'
import { billing } from '../services.ts'

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
  email = `leaver${++count}@example.com`
  user = await createUser(app, email)
  revenueCat.fault = null
})

const web = { store: 'RC_BILLING', productId: 'plus_monthly' }
const google = { store: 'PLAY_STORE', productId: 'plus:monthly' }

/** Creates a subscription here and at RevenueCat, under the user's id or another name. */
async function subscribe(fields: Partial<Prisma.PlanSubscriptionUncheckedCreateInput>, name = user.id) {
  const subscription = await createSubscription(app, user, fields)
  const rest = restSubscription(subscription.purchasedAt, {
    store: subscription.store?.toLowerCase(),
    store_transaction_id: subscription.transactionId,
  })
  revenueCat.customers.set(name, restCustomer({ subscriptions: { [subscription.productId]: rest } }))
  return { ...subscription, rest }
}

const cancel = async ({ id }: Pick<PlanSubscription, 'id'>, as = email) =>
  (await app.run(as, CancelSubscriptionDocument, { input: { subscriptionId: toGlobalId('PlanSubscription', id) } }))
    .data.cancelSubscription

const willRenew = async ({ id }: Pick<PlanSubscription, 'id'>) =>
  (await app.app.db.prisma.planSubscription.findUniqueOrThrow({ where: { id } })).willRenew
const hashName = (name: string) => app.app.services(billing).hashName(name)
const events = ({ key }: Pick<PlanSubscription, 'key'>) =>
  app.app.db.prisma.billingEvent.findMany({ where: { subscriptionKey: key } })
const cancelCalls = () => revenueCat.requests.filter((line) => line.startsWith('POST ') && line.endsWith('/cancel'))

describe.each([
  ['on the web', web],
  ['at Google', google],
])('a subscription %s', (_about, bought) => {
  test('is cancelled at the provider and here; access continues to the end of the period', async () => {
    const subscription = await subscribe(bought)
    expect(await cancel(subscription)).toEqual({
      __typename: 'CancelSubscriptionPayload',
      subscription: {
        id: toGlobalId('PlanSubscription', subscription.id),
        status: 'CANCELLED',
        willRenew: false,
        expiresAt: subscription.expiresAt?.toISOString(),
      },
    })
    expect(subscription.rest.unsubscribe_detected_at).not.toBeNull()
    const customer = { userId: user.id, refreshDueAt: { not: null } }
    expect(await app.app.db.prisma.billingCustomer.count({ where: customer })).toBe(1)
    const { data } = await app.query(email, '{ me { plan { tier } } }')
    expect(data).toEqual({ me: { plan: { tier: 'PLUS' } } })
    expect(await events(subscription)).toMatchObject([
      {
        type: 'CANCELLATION',
        reason: 'UNSUBSCRIBE',
        transactionId: subscription.transactionId,
        names: [hashName(user.id)],
      },
    ])
  })

  test('is cancelled once, without another request, in a repeated mutation', async () => {
    const subscription = await subscribe(bought)
    const first = await cancel(subscription)
    const before = revenueCat.requests.length
    expect(await cancel(subscription)).toEqual(first)
    expect(revenueCat.requests).toHaveLength(before)
    expect(await events(subscription)).toHaveLength(1)
  })

  test('is cancelled once in ten concurrent mutations', async () => {
    const subscription = await subscribe(bought)
    const answers = await Promise.all(Array.from({ length: 10 }, () => cancel(subscription)))
    expect(new Set(answers.map((answer) => answer?.__typename))).toEqual(new Set(['CancelSubscriptionPayload']))
    expect(await events(subscription)).toHaveLength(1)
  })

  test('that is already cancelled at the provider is cancelled here', async () => {
    const subscription = await subscribe(bought)
    subscription.rest.unsubscribe_detected_at = app.now.toISOString()
    expect(await cancel(subscription)).toMatchObject({ subscription: { willRenew: false } })
  })

  test('can be cancelled again after renewal was turned on again', async () => {
    const subscription = await subscribe(bought)
    await cancel(subscription)
    subscription.rest.unsubscribe_detected_at = null
    await app.app.db.prisma.planSubscription.update({ where: { id: subscription.id }, data: { willRenew: true } })
    app.now = new Date(app.now.getTime() + 1_000)
    expect(await cancel(subscription)).toMatchObject({ subscription: { willRenew: false } })
    expect(await events(subscription)).toHaveLength(2)
  })

  test('is not changed while RevenueCat is unavailable, and the error has retryAt', async () => {
    const subscription = await subscribe(bought)
    revenueCat.fault = { status: 429, headers: { 'retry-after': '120' } }
    const answer = await cancel(subscription)
    if (answer?.__typename !== 'ProviderUnavailableError') throw new Error(JSON.stringify(answer))
    const seconds = (Date.parse(answer.retryAt ?? '') - Date.now()) / 1_000
    expect(seconds).toBeGreaterThan(90)
    expect(seconds).toBeLessThan(130)
    expect(await willRenew(subscription)).toBe(true)
    expect(await events(subscription)).toEqual([])
  })

  test('whose payment failed can be cancelled too', async () => {
    const past = new Date(app.now.getTime() - dayMs)
    const subscription = await subscribe({ ...bought, expiresAt: past, billingIssueAt: past })
    expect(await cancel(subscription)).toMatchObject({ subscription: { status: 'BILLING_ISSUE', willRenew: false } })
    expect(subscription.rest.unsubscribe_detected_at).not.toBeNull()
  })
})

test('RevenueCat is called with each name that it may have for the user', async () => {
  const name = '$RCAnonymousID:0123456789abcdef'
  const assignment = { reportedAt: app.now, eventId: 'an event' }
  await app.app.db.prisma.billingName.create({ data: { hash: hashName(name), name, userId: user.id, ...assignment } })
  const subscription = await subscribe(google, name)
  expect(await cancel(subscription)).toMatchObject({ __typename: 'CancelSubscriptionPayload' })
})

test.each([
  ['APP_STORE', 'https://apps.apple.com/account/subscriptions', 'the App Store'],
  ['AMAZON', null, 'the Amazon Appstore'],
  ['A_NEW_STORE', null, 'the store where it was bought'],
])('a subscription bought at %s can only be cancelled there', async (store, managementUrl, name) => {
  const subscription = await subscribe({ store })
  const answer = await cancel(subscription)
  expect(answer).toMatchObject({ __typename: 'ManagedElsewhereError', code: 'MANAGED_ELSEWHERE', managementUrl })
  expect(answer).toMatchObject({ message: expect.stringContaining(`managed by ${name}. Cancel it there`) })
  expect(await willRenew(subscription)).toBe(true)
})

test('managementUrl is that of the subscription, otherwise that of the customer', async () => {
  const subscription = await subscribe({ store: 'APP_STORE' })
  await app.app.db.prisma.billingCustomer.create({
    data: { userId: user.id, managementUrl: 'https://example.com/customer' },
  })
  expect(await cancel(subscription)).toMatchObject({ managementUrl: 'https://example.com/customer' })
  const own = { managementUrl: 'https://example.com/own' }
  await app.app.db.prisma.planSubscription.update({ where: { id: subscription.id }, data: own })
  expect(await cancel(subscription)).toMatchObject(own)
})

test.each([
  ['does not renew', { willRenew: false }],
  ['has ended', { endedAt: new Date('2026-01-01T00:00:00Z') }],
  ['never ends', { willRenew: false, expiresAt: null }],
])('a subscription that %s is not changed, without a request', async (_about, fields) => {
  const subscription = await createSubscription(app, user, { ...web, ...fields })
  const before = revenueCat.requests.length
  expect(await cancel(subscription)).toMatchObject({ __typename: 'CancelSubscriptionPayload' })
  expect(revenueCat.requests).toHaveLength(before)
  expect(await events(subscription)).toEqual([])
})

describe('cancelSubscription refuses', () => {
  test("another user's subscription, also for admins", async () => {
    const subscription = await subscribe(web)
    const before = cancelCalls().length
    await createUser(app, 'boss@example.com', { role: 'ADMIN' })
    for (const as of ['somebody.else@example.com', 'boss@example.com']) {
      expect(await cancel(subscription, as)).toMatchObject({ __typename: 'NotFoundError' })
    }
    expect(cancelCalls()).toHaveLength(before)
    expect(await willRenew(subscription)).toBe(true)
  })

  test('an id of another type', async () => {
    const { data } = await app.run(email, CancelSubscriptionDocument, {
      input: { subscriptionId: toGlobalId('User', user.id) },
    })
    expect(data.cancelSubscription).toMatchObject({ __typename: 'InvalidInputError' })
  })

  test('requests without authentication', async () => {
    const answer = await app.query(
      null,
      'mutation { cancelSubscription(input: { subscriptionId: "x" }) { __typename } }',
    )
    expect(answer.errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED')
  })
})

test('without the API, a cancellation is kept when later events are folded, until UNCANCELLATION', async () => {
  const { revenueCat: config } = revenueCatConfig(revenueCat)
  await using eventApp = await startTestApp({
    databaseUrl: app.databaseUrl,
    config: { revenueCat: { ...config, apiKey: undefined } },
  })
  const began = app.now.getTime()
  const at = (seconds: number) => {
    eventApp.now = new Date(began + seconds * 1_000)
  }
  const transaction = `web ${user.id}`
  const bought = { ...web, product_id: web.productId, transaction_id: transaction, purchased_at_ms: began }
  const sendEvent = (type: string) =>
    sendPurchase(eventApp, user, type, {
      ...bought,
      expiration_at_ms: began + 30 * dayMs,
      original_transaction_id: transaction,
    })
  const row = () => eventApp.app.db.prisma.planSubscription.findUniqueOrThrow({ where: { key: transaction } })

  at(0)
  await sendEvent('INITIAL_PURCHASE')
  expect(await row()).toMatchObject({ userId: user.id, willRenew: true, store: 'RC_BILLING' })
  const rest = restSubscription(eventApp.now, { store: 'rc_billing', store_transaction_id: transaction })
  revenueCat.customers.set(user.id, restCustomer({ subscriptions: { [web.productId]: rest } }))

  at(1)
  const subscriptionId = toGlobalId('PlanSubscription', (await row()).id)
  const { data } = await eventApp.run(email, CancelSubscriptionDocument, { input: { subscriptionId } })
  expect(data.cancelSubscription).toMatchObject({ subscription: { status: 'CANCELLED', willRenew: false } })
  const cancelled = await row()
  at(2)
  await sendEvent('CANCELLATION')
  await sendEvent('PRODUCT_CHANGE')
  expect(await row()).toEqual(cancelled)
  at(3)
  await sendEvent('UNCANCELLATION')
  expect(await row()).toEqual({ ...cancelled, willRenew: true })
})

test('no transaction is open during the request to RevenueCat', async () => {
  const subscription = await subscribe(web)
  const open: number[] = []
  const release = revenueCat.pause()
  const before = revenueCat.requests.length
  const cancelled = cancel(subscription)
  await expect.poll(() => revenueCat.requests.length).toBeGreaterThan(before)
  const { rows } = await app.owner.query<{ n: number }>(
    `SELECT count(*)::int AS n FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in trans%'`,
  )
  open.push(rows[0]?.n ?? -1)
  release()
  await cancelled
  expect(open).toEqual([0])
})
