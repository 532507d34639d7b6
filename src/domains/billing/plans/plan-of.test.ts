import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { MyPlanDocument } from '../../../../operations/typed-operations.ts'
import type { User } from '../../../generated/prisma/client.ts'
import { toGlobalId } from '../../../graphql/ids.ts'
import { startTestApp, type TestApp } from '../../../testing/app.ts'
import { createUser } from '../../../testing/factories.ts'
import { createSubscription, dayMs } from '../../../testing/subscriptions.ts'
import { billing } from '../services.ts'

let app: TestApp
beforeAll(async () => {
  app = await startTestApp()
})
afterAll(() => app[Symbol.asyncDispose]())

let count = 0
let email: string
let user: User
beforeEach(async () => {
  email = `subscriber${++count}@example.com`
  user = await createUser(app, email)
})

const days = (n: number) => new Date(app.now.getTime() + n * dayMs)
const pro = { productId: 'app.pacer.pro.monthly' }

async function me() {
  const { data, errors } = await app.run(email, MyPlanDocument)
  if (!data?.me) throw new Error(JSON.stringify(errors))
  return data.me
}

const entitlement = async (key: string) => (await me()).entitlements.find((one) => one.key === key)

describe('the plan', () => {
  test('is FREE for users without a subscription', async () => {
    expect(await me()).toMatchObject({ plan: { tier: 'FREE', monthlyCredits: 0 }, subscriptions: [] })
  })

  test('is the highest of the active subscriptions', async () => {
    await createSubscription(app, user, pro)
    await createSubscription(app, user, { startedAt: days(-1) })
    expect((await me()).plan).toMatchObject({ tier: 'PRO', name: 'Pro' })
  })

  test.each([
    ['not after its end', { expiresAt: -1 / dayMs }, 'FREE'],
    ['not at its end', { expiresAt: 0 }, 'FREE'],
    ['a moment before its end', { expiresAt: 1 / dayMs }, 'PLUS'],
    ['in the grace period', { expiresAt: -1, graceEndsAt: 1 }, 'PLUS'],
    ['not after the grace period', { expiresAt: -3, graceEndsAt: -1 }, 'FREE'],
    ['not once it was ended early', { expiresAt: 5, endedAt: -1 }, 'FREE'],
    ['until it ends early', { expiresAt: 5, endedAt: 1 }, 'PLUS'],
  ])('counts a subscription %s', async (_about, ends, tier) => {
    const fields = Object.fromEntries(Object.entries(ends).map(([name, n]) => [name, days(n)]))
    await createSubscription(app, user, fields)
    expect((await me()).plan.tier).toBe(tier)
  })

  test('counts a lifetime subscription', async () => {
    await createSubscription(app, user, { ...pro, expiresAt: null, willRenew: false })
    expect(await me()).toMatchObject({
      plan: { tier: 'PRO' },
      subscriptions: [{ status: 'ACTIVE', expiresAt: null }],
      entitlements: expect.arrayContaining([{ key: 'pro', active: true, expiresAt: null, reason: null }]),
    })
  })

  test("finds Google's base plans, and ignores products that are not configured", async () => {
    await createSubscription(app, user, { productId: 'plus:monthly', store: 'PLAY_STORE' })
    const unknown = await createSubscription(app, user, { productId: 'plus:weekly', entitlementKeys: ['secret'] })
    const { plan, subscriptions, entitlements } = await me()
    expect(plan.tier).toBe('PLUS')
    expect(subscriptions).toMatchObject([{ productId: 'plus:monthly', store: 'PLAY_STORE' }])
    expect(entitlements.map(({ key }) => key)).not.toContain('secret')
    const node = await app.query(email, 'query ($id: ID!) { node(id: $id) { id } }', {
      id: toGlobalId('PlanSubscription', unknown.id),
    })
    expect(node).toMatchObject({ data: { node: null } })
    expect(node.errors).toBeUndefined()
  })
})

describe('a product entry without a base plan', () => {
  test('matches all base plans, and does not treat its characters as wildcards', async () => {
    const { plans } = app.app.services(billing)
    const [first, ...others] = plans.products
    if (!first) throw new Error('There are no products.')
    const products = [{ ...first, storeProducts: ['pl_s'] }, ...others]
    await using other = await startTestApp({
      databaseUrl: app.databaseUrl,
      plans: { ...plans, products },
    })
    await createSubscription(app, user, { productId: 'pl_s:weekly', startedAt: days(-2) })
    await createSubscription(app, user, { productId: 'plus:weekly', startedAt: days(-1) })
    const { data } = await other.run(email, MyPlanDocument)
    expect(data.me).toMatchObject({ plan: { tier: 'PLUS' }, subscriptions: [{ productId: 'pl_s:weekly' }] })
  })
})

describe('the subscriptions', () => {
  test('are returned newest first, with all fields', async () => {
    await createSubscription(app, user, { ...pro, startedAt: days(-90), expiresAt: days(-60), willRenew: false })
    const fields = { graceEndsAt: days(7), billingIssueAt: days(-1), expiresAt: days(-1) }
    await createSubscription(app, user, fields)
    await app.app.db.prisma.billingCustomer.create({
      data: { userId: user.id, managementUrl: 'https://example.com/manage' },
    })
    expect((await me()).subscriptions).toMatchObject([
      {
        tier: 'PLUS',
        status: 'GRACE_PERIOD',
        willRenew: true,
        startedAt: days(-10).toISOString(),
        expiresAt: days(-1).toISOString(),
        gracePeriodEndsAt: days(7).toISOString(),
        managementUrl: 'https://example.com/manage',
      },
      { tier: 'PRO', status: 'EXPIRED', gracePeriodEndsAt: null },
    ])
  })

  test('are null for other users', async () => {
    const { id } = await createSubscription(app, user)
    const read = (as: string) =>
      app.query(as, 'query ($id: ID!) { node(id: $id) { ... on PlanSubscription { tier } } }', {
        id: toGlobalId('PlanSubscription', id),
      })
    expect(await read(email)).toMatchObject({ data: { node: { tier: 'PLUS' } } })
    const other = await read('somebody.else@example.com')
    expect({ data: other.data, errors: other.errors }).toEqual({ data: { node: null }, errors: undefined })
  })

  test('are null without a user, also for admins', async () => {
    const { id } = await createSubscription(app, null)
    await createUser(app, 'boss@example.com', { role: 'ADMIN' })
    const answer = await app.query('boss@example.com', 'query ($id: ID!) { node(id: $id) { id } }', {
      id: toGlobalId('PlanSubscription', id),
    })
    expect({ data: answer.data, errors: answer.errors }).toEqual({ data: { node: null }, errors: undefined })
  })
})

describe('an entitlement', () => {
  test('that no subscription includes has a reason', async () => {
    expect(await entitlement('pro')).toEqual({
      key: 'pro',
      active: false,
      expiresAt: null,
      reason: 'None of your subscriptions includes it.',
    })
  })

  test('ends with the last subscription that gives it', async () => {
    await createSubscription(app, user)
    await createSubscription(app, user, { productId: 'plus_annual', expiresAt: days(200) })
    expect(await entitlement('plus')).toMatchObject({ active: true, expiresAt: days(200).toISOString(), reason: null })
  })

  test.each([1, -1])('never ends with a lifetime subscription, whichever began first', async (began) => {
    await createSubscription(app, user)
    await createSubscription(app, user, { expiresAt: null, startedAt: days(-10 + began) })
    expect(await entitlement('plus')).toMatchObject({ active: true, expiresAt: null })
  })

  test('that only the subscription contains is included', async () => {
    await createSubscription(app, user, { entitlementKeys: ['beta'] })
    expect(await entitlement('beta')).toMatchObject({ active: true })
  })

  const lastYear = new Date('2025-11-03T23:30:00Z')
  test.each([
    ['has ended', {}, 'It ended on November 4, 2025.'],
    [
      'was refunded',
      { endedAt: lastYear, refundedAt: lastYear },
      'It ended on November 4, 2025: the purchase was refunded.',
    ],
    ['was not paid', { billingIssueAt: lastYear }, 'The last payment failed. Update your payment method in the store.'],
    ['is paused', { pausedAt: lastYear }, 'Your subscription is paused.'],
    [
      'is paused until a day',
      { pausedAt: lastYear, resumesAt: new Date('2025-12-24T12:00:00Z') },
      'Your subscription is paused until December 24, 2025.',
    ],
  ])(
    'of a subscription that %s has a reason with dates in the time zone of the user',
    async (_about, fields, reason) => {
      await app.app.db.prisma.user.update({ where: { id: user.id }, data: { timeZone: 'Europe/Berlin' } })
      await createSubscription(app, user, { willRenew: false, expiresAt: new Date('2020-01-01T00:00:00Z') })
      await createSubscription(app, user, { willRenew: false, expiresAt: lastYear, ...fields })
      expect(await entitlement('plus')).toMatchObject({ active: false, expiresAt: null, reason })
    },
  )
})

test('a page of users takes as many statements as one user', async () => {
  const boss = 'chief@example.com'
  await createUser(app, boss, { role: 'ADMIN' })
  for (let n = 0; n < 10; n += 1) {
    const subscriber = await createUser(app, `many${n}@example.com`, { firstName: 'Many' })
    await createSubscription(app, subscriber)
    await createSubscription(app, subscriber, pro)
  }
  const statementsOf = async (first: number) => {
    const source = `query ($first: Int) { users(first: $first, search: "many") { edges { node {
      plan { tier } subscriptions { tier status managementUrl } entitlements { key active }
    } } } }`
    app.takeStatements()
    const { data, errors } = await app.query(boss, source, { first })
    expect(errors).toBeUndefined()
    expect(JSON.stringify(data).match(/"plan":\{"tier":"PRO"\}/g)).toHaveLength(first)
    return app.takeStatements().length
  }
  await statementsOf(1)
  const one = await statementsOf(1)
  expect(await statementsOf(10)).toBe(one)
  // The viewer, the search text, the page with its subscriptions, the audit record, the plans, the entitlements.
  expect(one).toBe(6)
})
