import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { User } from '../../generated/prisma/client.ts'
import type { Tx } from '../../platform/database/db.ts'
import { startTestApp, type TestApp } from '../../testing/app.ts'
import { createPerson } from '../../testing/factories.ts'
import { dump } from '../../testing/privacy-steps.ts'
import {
  creditsOf,
  eventNow,
  noon,
  passTime,
  planOf,
  send,
  tell,
  workOffPurchases,
} from '../../testing/purchase-steps.ts'
import { debtsOf } from '../credits/balance.ts'
import { spend } from '../credits/index.ts'
import { applyPurchaseEvent } from './apply-purchase-event.ts'
import { reconcileGrants } from './reconcile-grants.ts'
import { planTopic } from './topic.ts'
import type { WantedGrant } from './wanted-grants.ts'

let app: TestApp
beforeAll(async () => {
  app = await startTestApp()
})
afterAll(() => app[Symbol.asyncDispose]())

let people = 0
let ada: User
let ben: User
beforeEach(async () => {
  app.now = noon('2030-01-10')
  people += 1
  ada = await createPerson(app, `ada${people}@example.com`)
  ben = await createPerson(app, `ben${people}@example.com`)
})

/** An event about Ada, with a transaction of this test. */
const told = (type: string, fields: Readonly<Record<string, unknown>> = {}) =>
  eventNow(app, type, { app_user_id: ada.id, transaction_id: `of ${ada.id}`, ...fields })

const annual = { product_id: 'plus_annual', expiration_at_ms: noon('2031-01-10').getTime() }
const monthly = { expiration_at_ms: noon('2030-02-10').getTime(), purchased_at_ms: noon('2030-01-10').getTime() }

test('credits are given once for a purpose, whoever asks at once, and again only after they were taken back', async () => {
  const wish = {
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
  const ask = (wanted: WantedGrant) =>
    app.app.db.transaction((tx) => reconcileGrants(tx, [wanted], { now: app.now, mayMove: true }))
  await Promise.all([ask(wish), ask(wish), ask(wish), ask(wish)])
  expect(await creditsOf(app, ada.id)).toBe(70)
  await Promise.all([ask({ ...wish, isVoid: 'refunded' }), ask({ ...wish, isVoid: 'refunded' })])
  expect(await creditsOf(app, ada.id)).toBe(0)
  await Promise.all([ask(wish), ask(wish)])
  expect(await creditsOf(app, ada.id)).toBe(70)
  await Promise.all([ask({ ...wish, userId: ben.id }), ask({ ...wish, userId: ben.id })])
  expect([await creditsOf(app, ada.id), await creditsOf(app, ben.id)]).toEqual([0, 70])
  const { generation } = await app.app.db.prisma.billingGrant.findUniqueOrThrow({ where: { purpose: wish.purpose } })
  expect(generation).toBe(3)
})

describe('a credit pack', () => {
  test('is given once a transaction, times its quantity, though it comes twice at once under two ids', async () => {
    for (const _ of ['once', 'again']) await send(app, told('NON_RENEWING_PURCHASE', { quantity: 3 }))
    await workOffPurchases(app)
    expect(await creditsOf(app, ada.id)).toBe(1_500)
    await tell(app, told('NON_RENEWING_PURCHASE', { quantity: 3 }))
    expect(await creditsOf(app, ada.id)).toBe(1_500)
  })

  test('whose money goes back after it was spent leaves nothing, and a debt', async () => {
    await tell(app, told('NON_RENEWING_PURCHASE'))
    const spending = { userId: ada.id, amount: 450, key: 'spent', description: 'Spent', now: app.now }
    await app.app.db.transaction((tx) => spend(tx, spending))
    await tell(app, told('CANCELLATION', { product_id: 'credits_500', cancel_reason: 'CUSTOMER_SUPPORT' }))
    expect(await creditsOf(app, ada.id)).toBe(0)
    expect((await debtsOf(app.app.db.prisma, [ada.id], app.now)).get(ada.id)).toBe(450)
    // The money came back to us after all: the debt was for it, and 50 of the 500 were taken.
    await tell(app, told('REFUND_REVERSED', { product_id: 'credits_500' }))
    expect(await creditsOf(app, ada.id)).toBe(50)
    expect((await debtsOf(app.app.db.prisma, [ada.id], app.now)).get(ada.id)).toBe(0)
  })

  test('stays with who has it when what they subscribe to moves', async () => {
    await tell(app, told('NON_RENEWING_PURCHASE'))
    app.now = noon('2030-01-11')
    await tell(app, eventNow(app, 'TRANSFER', { transferred_from: [ada.id], transferred_to: [ben.id] }))
    expect([await creditsOf(app, ada.id), await creditsOf(app, ben.id)]).toEqual([500, 0])
  })
})

test('a year gives twelve months, each once, and each lapses with its month', { timeout: 30_000 }, async () => {
  await tell(app, told('INITIAL_PURCHASE', annual))
  const seen: number[] = []
  for (let month = 1; month <= 12; month += 1) {
    seen.push(await creditsOf(app, ada.id))
    await passTime(app, new Date(Date.UTC(2030, month, 10, 11, 59)))
    seen.push(await creditsOf(app, ada.id))
    await passTime(app, new Date(Date.UTC(2030, month, 10, 12)))
  }
  expect(seen).toEqual(Array(24).fill(300))
  expect(await creditsOf(app, ada.id)).toBe(0)
  const grants = await app.app.db.prisma.creditTransaction.findMany({ where: { userId: ada.id, kind: 'GRANT' } })
  expect(grants).toHaveLength(12)
  expect(grants[10]).toMatchObject({ amount: 300, description: 'Plus: credits of November' })
})

test('the job of a moment that comes too early waits for it; twice at once it gives a month once', async () => {
  await tell(app, told('INITIAL_PURCHASE', annual))
  const { id } = await app.app.db.prisma.planSubscription.findFirstOrThrow({ where: { userId: ada.id } })
  await app.runJob('billing.settle', { id })
  expect(await creditsOf(app, ada.id)).toBe(300)
  app.now = noon('2030-02-10')
  await Promise.all([app.runJob('billing.settle', { id }), app.runJob('billing.settle', { id })])
  expect(await creditsOf(app, ada.id)).toBe(300)
  expect(await app.app.db.prisma.billingGrant.count({ where: { userId: ada.id } })).toBe(2)
})

test('an EXPIRATION that is lost leaves no door open: access ends by time, and whoever listens hears of it', async () => {
  await tell(app, told('INITIAL_PURCHASE', monthly))
  expect(await planOf(app, ada.id)).toBe('PLUS')
  const ending = AbortSignal.timeout(5_000)
  // The first one to listen hears that listening begins; so the plan is listened to second.
  await app.app.events.subscribe('anything', ending)
  const listening = await app.app.events.subscribe(planTopic(ada.id), ending)
  const heard = listening[Symbol.asyncIterator]().next()
  app.now = noon('2030-02-10')
  expect(await planOf(app, ada.id)).toBe('FREE')
  await app.runJob('billing.settle-lost')
  await app.runDueJobs()
  expect(await heard).toMatchObject({ done: false })
})

test('a TRANSFER moves access once and gives no month twice, however often it comes', async () => {
  await tell(app, told('INITIAL_PURCHASE', annual))
  app.now = noon('2030-01-20')
  const transfer = eventNow(app, 'TRANSFER', { transferred_from: [ada.id], transferred_to: [ben.clerkId] })
  await tell(app, transfer)
  await tell(app, { ...transfer, id: 'the same under another id' })
  const plans = async () => [await planOf(app, ada.id), await planOf(app, ben.id)]
  expect(await plans()).toEqual(['FREE', 'PLUS'])
  expect([await creditsOf(app, ada.id), await creditsOf(app, ben.id)]).toEqual([300, 0])
  await passTime(app, noon('2030-02-10'))
  expect([await creditsOf(app, ada.id), await creditsOf(app, ben.id)]).toEqual([0, 300])
  expect(await app.app.db.prisma.planSubscription.count({ where: { userId: { in: [ada.id, ben.id] } } })).toBe(1)
})

test('what was bought before signing in gives its month to who signs in', async () => {
  const name = `$RCAnonymousID:${ada.id}`
  await tell(app, told('INITIAL_PURCHASE', { ...monthly, app_user_id: name }))
  await tell(app, told('NON_RENEWING_PURCHASE', { app_user_id: name, transaction_id: `pack of ${ada.id}` }))
  app.now = noon('2030-01-11')
  await tell(app, eventNow(app, 'TRANSFER', { transferred_from: [name], transferred_to: [ada.id] }))
  expect(await creditsOf(app, ada.id)).toBe(800)
})

test('two at once: the better one counts', async () => {
  await tell(app, told('INITIAL_PURCHASE', { ...monthly, product_id: 'pro_monthly' }))
  await tell(app, told('INITIAL_PURCHASE', { ...annual, transaction_id: `other of ${ada.id}` }))
  expect(await planOf(app, ada.id)).toBe('PRO')
  await passTime(app, noon('2030-02-10'))
  expect(await planOf(app, ada.id)).toBe('PLUS')
})

test('a product that nobody configured is kept and gives nothing', async () => {
  await tell(app, told('INITIAL_PURCHASE', { ...monthly, product_id: 'enterprise' }))
  await tell(app, told('NON_RENEWING_PURCHASE', { product_id: 'a hat', transaction_id: `hat of ${ada.id}` }))
  expect(await app.app.db.prisma.planSubscription.findMany({ where: { userId: ada.id } })).toHaveLength(1)
  expect([await planOf(app, ada.id), await creditsOf(app, ada.id)]).toEqual(['FREE', 0])
})

test('a purchase for life: a month of credits as long as time goes on', async () => {
  await tell(app, told('NON_RENEWING_PURCHASE', { product_id: 'plus_annual', expiration_at_ms: null }))
  await passTime(app, noon('2030-06-15'))
  expect([await planOf(app, ada.id), await creditsOf(app, ada.id)]).toEqual(['PLUS', 300])
  expect(await app.app.db.prisma.billingGrant.count({ where: { userId: ada.id } })).toBe(6)
})

describe('purchases of the test environment', () => {
  const sandboxed = { ...monthly, environment: 'SANDBOX' }

  test('count in development', async () => {
    await tell(app, told('INITIAL_PURCHASE', sandboxed))
    expect(await planOf(app, ada.id)).toBe('PLUS')
  })

  test('do not where people pay, but for testers, and are kept', async () => {
    const { revenueCat } = app.app.config
    const config = { allowsSandbox: false, revenueCat: { ...revenueCat, sandboxUsers: [ben.clerkId ?? ''] } }
    await using production = await startTestApp({ databaseUrl: app.databaseUrl, config })
    production.now = app.now
    await tell(production, told('INITIAL_PURCHASE', sandboxed))
    await tell(production, told('NON_RENEWING_PURCHASE', { ...sandboxed, transaction_id: `pack of ${ada.id}` }))
    await tell(
      production,
      eventNow(app, 'INITIAL_PURCHASE', { ...sandboxed, app_user_id: ben.clerkId, transaction_id: `of ${ben.id}` }),
    )
    expect([await planOf(app, ada.id), await creditsOf(app, ada.id)]).toEqual(['FREE', 0])
    expect([await planOf(app, ben.id), await creditsOf(app, ben.id)]).toEqual(['PLUS', 300])
    expect(await app.app.db.prisma.billingEvent.count({ where: { names: { has: ada.id } } })).toBe(2)
  })
})

test('killed after any of its steps, an event has done nothing', { timeout: 30_000 }, async () => {
  const fields = { ...monthly, aliases: [ada.id, `$RCAnonymousID:${ada.id}`] }
  const body = Buffer.from(JSON.stringify({ event: told('INITIAL_PURCHASE', fields) }))
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
      .transaction((tx) => applyPurchaseEvent(dyingAfter(tx, steps), app.app.purchases, { event, now: app.now }))
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

/** A transaction whose statement of that number is its last. */
function dyingAfter(tx: Tx, statements: number): Tx {
  let left = statements
  const watched = <Target extends object>(target: Target): Target =>
    new Proxy(target, {
      get(_, name) {
        const found: unknown = Reflect.get(target, name)
        if (typeof found === 'object' && found !== null) return watched(found)
        if (typeof found !== 'function') return found
        return async (...given: unknown[]) => {
          const result: unknown = await Reflect.apply(found, target, given)
          left -= 1
          if (left <= 0) throw new Error('killed')
          return result
        }
      },
    })
  return watched(tx)
}
