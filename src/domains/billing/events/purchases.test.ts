import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { User } from '../../../generated/prisma/client.ts'
import type { Tx } from '../../../platform/database/db.ts'
import { startTestApp, type TestApp } from '../../../testing/app.ts'
import { createUser } from '../../../testing/factories.ts'
import { dump } from '../../../testing/privacy-steps.ts'
import {
  creditsOf,
  deliverAndProcess,
  eventNow,
  noon,
  passTime,
  planOf,
  processPurchases,
  send,
} from '../../../testing/purchase-steps.ts'
import { spend } from '../../credits/index.ts'
import { debtsOf } from '../../credits/queries/balance.ts'
import { reconcileGrants } from '../grants/reconcile-grants.ts'
import type { WantedGrant } from '../grants/wanted-grants.ts'
import { billing } from '../services.ts'
import { planTopic } from '../topic.ts'
import { applyPurchaseEvent } from './apply-purchase-event.ts'

let app: TestApp
beforeAll(async () => {
  app = await startTestApp()
})
afterAll(() => app[Symbol.asyncDispose]())

let run = 0
let ada: User
let ben: User
beforeEach(async () => {
  app.now = noon('2030-01-10')
  run += 1
  ada = await createUser(app, `ada${run}@example.com`)
  ben = await createUser(app, `ben${run}@example.com`)
})

/** An event about Ada, with a transaction of this test. Its time is the current time of the app. */
const adaEvent = (type: string, fields: Readonly<Record<string, unknown>> = {}) =>
  eventNow(app, type, { app_user_id: ada.id, transaction_id: `of ${ada.id}`, ...fields })

const annual = { product_id: 'plus_annual', expiration_at_ms: noon('2031-01-10').getTime() }
const monthly = { expiration_at_ms: noon('2030-02-10').getTime(), purchased_at_ms: noon('2030-01-10').getTime() }

test('credits are granted once per purpose in concurrent calls, and again only after they were revoked', async () => {
  const wantedGrant = {
    purpose: `purpose of ${ada.id}`,
    isVoid: false,
    userId: ada.id,
    amount: 70,
    source: 'PURCHASES',
    description: '70 credits',
    expiresAt: null,
    productKey: 'credits-70',
    purchasedAt: app.now,
  } as const
  const reconcile = (wanted: WantedGrant) =>
    app.app.db.transaction((tx) => reconcileGrants(tx, [wanted], { now: app.now, mayMove: true }))
  await Promise.all([reconcile(wantedGrant), reconcile(wantedGrant), reconcile(wantedGrant), reconcile(wantedGrant)])
  expect(await creditsOf(app, ada.id)).toBe(70)
  await Promise.all([
    reconcile({ ...wantedGrant, isVoid: 'refunded' }),
    reconcile({ ...wantedGrant, isVoid: 'refunded' }),
  ])
  expect(await creditsOf(app, ada.id)).toBe(0)
  await Promise.all([reconcile(wantedGrant), reconcile(wantedGrant)])
  expect(await creditsOf(app, ada.id)).toBe(70)
  await Promise.all([reconcile({ ...wantedGrant, userId: ben.id }), reconcile({ ...wantedGrant, userId: ben.id })])
  expect([await creditsOf(app, ada.id), await creditsOf(app, ben.id)]).toEqual([0, 70])
  const { generation } = await app.app.db.prisma.billingGrant.findUniqueOrThrow({
    where: { purpose: wantedGrant.purpose },
  })
  expect(generation).toBe(3)
})

describe('a credit pack', () => {
  test('grants its credits times the quantity once per transaction, for concurrent events with different ids', async () => {
    for (const _ of ['once', 'again']) await send(app, adaEvent('NON_RENEWING_PURCHASE', { quantity: 3 }))
    await processPurchases(app)
    expect(await creditsOf(app, ada.id)).toBe(1_500)
    await deliverAndProcess(app, adaEvent('NON_RENEWING_PURCHASE', { quantity: 3 }))
    expect(await creditsOf(app, ada.id)).toBe(1_500)
  })

  test('leaves no credits and a debt if it is refunded after it was spent', async () => {
    await deliverAndProcess(app, adaEvent('NON_RENEWING_PURCHASE'))
    const spending = { userId: ada.id, amount: 450, key: 'spent', description: 'Spent', now: app.now }
    await app.app.db.transaction((tx) => spend(tx, spending))
    await deliverAndProcess(
      app,
      adaEvent('CANCELLATION', { product_id: 'credits_500', cancel_reason: 'CUSTOMER_SUPPORT' }),
    )
    expect(await creditsOf(app, ada.id)).toBe(0)
    expect((await debtsOf(app.app.db.prisma, [ada.id], app.now)).get(ada.id)).toBe(450)
    // The refund is reversed: the debt of 450 is cancelled, and the 50 revoked credits are granted again.
    await deliverAndProcess(app, adaEvent('REFUND_REVERSED', { product_id: 'credits_500' }))
    expect(await creditsOf(app, ada.id)).toBe(50)
    expect((await debtsOf(app.app.db.prisma, [ada.id], app.now)).get(ada.id)).toBe(0)
  })

  test('stays with its owner when subscriptions are transferred', async () => {
    await deliverAndProcess(app, adaEvent('NON_RENEWING_PURCHASE'))
    app.now = noon('2030-01-11')
    await deliverAndProcess(app, eventNow(app, 'TRANSFER', { transferred_from: [ada.id], transferred_to: [ben.id] }))
    expect([await creditsOf(app, ada.id), await creditsOf(app, ben.id)]).toEqual([500, 0])
  })
})

test('a year grants credits for each of twelve months, which expire with the month', {
  timeout: 30_000,
}, async () => {
  await deliverAndProcess(app, adaEvent('INITIAL_PURCHASE', annual))
  const balances: number[] = []
  for (let month = 1; month <= 12; month += 1) {
    balances.push(await creditsOf(app, ada.id))
    await passTime(app, new Date(Date.UTC(2030, month, 10, 11, 59)))
    balances.push(await creditsOf(app, ada.id))
    await passTime(app, new Date(Date.UTC(2030, month, 10, 12)))
  }
  expect(balances).toEqual(Array(24).fill(300))
  expect(await creditsOf(app, ada.id)).toBe(0)
  const grants = await app.app.db.prisma.creditTransaction.findMany({ where: { userId: ada.id, kind: 'GRANT' } })
  expect(grants).toHaveLength(12)
  expect(grants[10]).toMatchObject({ amount: 300, description: 'Plus: credits of November' })
})

test('a settle job that runs too early is repeated at its time; two concurrent jobs grant a month once', async () => {
  await deliverAndProcess(app, adaEvent('INITIAL_PURCHASE', annual))
  const { id } = await app.app.db.prisma.planSubscription.findFirstOrThrow({ where: { userId: ada.id } })
  await app.runJob('billing.settle', { id })
  expect(await creditsOf(app, ada.id)).toBe(300)
  app.now = noon('2030-02-10')
  await Promise.all([app.runJob('billing.settle', { id }), app.runJob('billing.settle', { id })])
  expect(await creditsOf(app, ada.id)).toBe(300)
  expect(await app.app.db.prisma.billingGrant.count({ where: { userId: ada.id } })).toBe(2)
})

test('access ends by time without an EXPIRATION event, and subscribers are notified', async () => {
  await deliverAndProcess(app, adaEvent('INITIAL_PURCHASE', monthly))
  expect(await planOf(app, ada.id)).toBe('PLUS')
  const ending = AbortSignal.timeout(5_000)
  // The first subscriber is notified when listening begins, so the plan is the second subscription.
  await app.app.notifications.subscribe('anything', ending)
  const notifications = await app.app.notifications.subscribe(planTopic(ada.id), ending)
  const notified = notifications[Symbol.asyncIterator]().next()
  app.now = noon('2030-02-10')
  expect(await planOf(app, ada.id)).toBe('FREE')
  await app.runJob('billing.settle-lost')
  await app.runDueJobs()
  expect(await notified).toMatchObject({ done: false })
})

test('the job of a change is added a day ahead: by the write, or by the hourly sweep once it is due within a day', async () => {
  await deliverAndProcess(app, adaEvent('INITIAL_PURCHASE', monthly))
  const { id, nextChangeAt } = await app.app.db.prisma.planSubscription.findFirstOrThrow({ where: { userId: ada.id } })
  const jobs = () =>
    app.app.db.prisma.$queryRaw<{ runAt: Date }[]>`
      SELECT run_at AS "runAt" FROM graphile_worker.jobs WHERE key = ${`billing.settle:${id}`}`
  await app.runJob('billing.settle-ahead')
  expect(await jobs()).toEqual([])
  app.now = new Date((nextChangeAt?.getTime() ?? 0) - 24 * 3_600_000)
  await Promise.all([app.runJob('billing.settle-ahead'), app.runJob('billing.settle-ahead')])
  expect(await jobs()).toEqual([{ runAt: nextChangeAt }])
})

test('a duplicated TRANSFER moves access once and grants no month twice', async () => {
  await deliverAndProcess(app, adaEvent('INITIAL_PURCHASE', annual))
  app.now = noon('2030-01-20')
  const transfer = eventNow(app, 'TRANSFER', { transferred_from: [ada.id], transferred_to: [ben.clerkId] })
  await deliverAndProcess(app, transfer)
  await deliverAndProcess(app, { ...transfer, id: 'the same under another id' })
  const plans = async () => [await planOf(app, ada.id), await planOf(app, ben.id)]
  expect(await plans()).toEqual(['FREE', 'PLUS'])
  expect([await creditsOf(app, ada.id), await creditsOf(app, ben.id)]).toEqual([300, 0])
  await passTime(app, noon('2030-02-10'))
  expect([await creditsOf(app, ada.id), await creditsOf(app, ben.id)]).toEqual([0, 300])
  expect(await app.app.db.prisma.planSubscription.count({ where: { userId: { in: [ada.id, ben.id] } } })).toBe(1)
})

test('purchases made before signing in grant their credits to the user who signs in', async () => {
  const name = `$RCAnonymousID:${ada.id}`
  await deliverAndProcess(app, adaEvent('INITIAL_PURCHASE', { ...monthly, app_user_id: name }))
  await deliverAndProcess(
    app,
    adaEvent('NON_RENEWING_PURCHASE', { app_user_id: name, transaction_id: `pack of ${ada.id}` }),
  )
  app.now = noon('2030-01-11')
  await deliverAndProcess(app, eventNow(app, 'TRANSFER', { transferred_from: [name], transferred_to: [ada.id] }))
  expect(await creditsOf(app, ada.id)).toBe(800)
})

test('the higher of two active subscriptions decides the plan', async () => {
  await deliverAndProcess(app, adaEvent('INITIAL_PURCHASE', { ...monthly, product_id: 'pro_monthly' }))
  await deliverAndProcess(app, adaEvent('INITIAL_PURCHASE', { ...annual, transaction_id: `other of ${ada.id}` }))
  expect(await planOf(app, ada.id)).toBe('PRO')
  await passTime(app, noon('2030-02-10'))
  expect(await planOf(app, ada.id)).toBe('PLUS')
})

test('a product that is not configured is stored and grants nothing', async () => {
  await deliverAndProcess(app, adaEvent('INITIAL_PURCHASE', { ...monthly, product_id: 'enterprise' }))
  await deliverAndProcess(
    app,
    adaEvent('NON_RENEWING_PURCHASE', { product_id: 'a hat', transaction_id: `hat of ${ada.id}` }),
  )
  expect(await app.app.db.prisma.planSubscription.findMany({ where: { userId: ada.id } })).toHaveLength(1)
  expect([await planOf(app, ada.id), await creditsOf(app, ada.id)]).toEqual(['FREE', 0])
})

test('a lifetime purchase grants credits every month', async () => {
  await deliverAndProcess(app, adaEvent('NON_RENEWING_PURCHASE', { product_id: 'plus_annual', expiration_at_ms: null }))
  await passTime(app, noon('2030-06-15'))
  expect([await planOf(app, ada.id), await creditsOf(app, ada.id)]).toEqual(['PLUS', 300])
  expect(await app.app.db.prisma.billingGrant.count({ where: { userId: ada.id } })).toBe(6)
})

describe('sandbox purchases', () => {
  const sandboxed = { ...monthly, environment: 'SANDBOX' }

  test('count in development', async () => {
    await deliverAndProcess(app, adaEvent('INITIAL_PURCHASE', sandboxed))
    expect(await planOf(app, ada.id)).toBe('PLUS')
  })

  test('count only for testers in production, and are stored', async () => {
    const { revenueCat } = app.app.config
    const config = { allowsSandbox: false, revenueCat: { ...revenueCat, sandboxUsers: [ben.clerkId ?? ''] } }
    await using production = await startTestApp({ databaseUrl: app.databaseUrl, config })
    production.now = app.now
    await deliverAndProcess(production, adaEvent('INITIAL_PURCHASE', sandboxed))
    await deliverAndProcess(
      production,
      adaEvent('NON_RENEWING_PURCHASE', { ...sandboxed, transaction_id: `pack of ${ada.id}` }),
    )
    await deliverAndProcess(
      production,
      eventNow(app, 'INITIAL_PURCHASE', { ...sandboxed, app_user_id: ben.clerkId, transaction_id: `of ${ben.id}` }),
    )
    expect([await planOf(app, ada.id), await creditsOf(app, ada.id)]).toEqual(['FREE', 0])
    expect([await planOf(app, ben.id), await creditsOf(app, ben.id)]).toEqual(['PLUS', 300])
    expect(
      await app.app.db.prisma.billingEvent.count({
        where: { names: { has: app.app.services(billing).hashName(ada.id) } },
      }),
    ).toBe(2)
  })
})

test('an event that is killed after any of its statements has no effect', { timeout: 30_000 }, async () => {
  const fields = { ...monthly, aliases: [ada.id, `$RCAnonymousID:${ada.id}`] }
  const body = Buffer.from(JSON.stringify({ event: adaEvent('INITIAL_PURCHASE', fields) }))
  const event = app.app.adapters.purchaseWebhooks.read(body)
  const tables = [
    'billing_events',
    'billing_names',
    'plan_subscriptions',
    'billing_grants',
    'credit_transactions',
    'credit_lots',
  ]
  const everything = async () => {
    const jobs = await app.app.db.prisma.$queryRaw`SELECT count(*)::int FROM graphile_worker._private_jobs`
    return [jobs, ...(await Promise.all(tables.map((table) => dump(app, table))))]
  }
  const before = await everything()
  let steps = 0
  for (let isKilled = true; isKilled; steps += 1) {
    isKilled = await app.app.db
      .transaction((tx) =>
        applyPurchaseEvent(killedAfter(tx, steps), app.app.services(billing), { event, now: app.now }),
      )
      .then(
        () => false,
        (error) => {
          expect(error).toMatchObject({ message: 'killed' })
          return true
        },
      )
    if (isKilled) expect(await everything()).toEqual(before)
  }
  expect(steps).toBeGreaterThan(15)
  expect([await planOf(app, ada.id), await creditsOf(app, ada.id)]).toEqual(['PLUS', 300])
})

/** Wraps a transaction so that it fails after a number of statements. */
function killedAfter(tx: Tx, statements: number): Tx {
  let left = statements
  const countingProxy = <Target extends object>(target: Target): Target =>
    new Proxy(target, {
      get(_, name) {
        const found: unknown = Reflect.get(target, name)
        if (typeof found === 'object' && found !== null) return countingProxy(found)
        if (typeof found !== 'function') return found
        return async (...given: unknown[]) => {
          const result: unknown = await Reflect.apply(found, target, given)
          left -= 1
          if (left <= 0) throw new Error('killed')
          return result
        }
      },
    })
  return countingProxy(tx)
}
