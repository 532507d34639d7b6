import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { User } from '../../../generated/prisma/client.ts'
import { startTestApp, type TestApp } from '../../../testing/app.ts'
import { createUser } from '../../../testing/factories.ts'
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
import { type RestSubscription, restCustomer, restSubscription, startRevenueCat } from '../../../testing/revenuecat.ts'

/** With RevenueCat's API, subscriptions come from snapshots, and events only request a refresh. */
let revenueCat: Awaited<ReturnType<typeof startRevenueCat>>
let app: TestApp
/** The same deployment without the API key. */
let folding: TestApp
beforeAll(async () => {
  revenueCat = await startRevenueCat(() => app.now)
  folding = await startTestApp()
  const config = { revenueCat: { ...folding.app.config.revenueCat, ...revenueCat.config } }
  app = await startTestApp({ config, databaseUrl: folding.databaseUrl })
})
afterAll(async () => {
  await app[Symbol.asyncDispose]()
  await folding[Symbol.asyncDispose]()
  await revenueCat[Symbol.asyncDispose]()
})

let run = 0
let ada: User
let ben: User
beforeEach(async () => {
  app.now = noon('2030-01-10')
  revenueCat.fault = null
  run += 1
  ada = await createUser(app, `ada${run}@example.com`)
  ben = await createUser(app, `ben${run}@example.com`)
})

const transaction = () => `of ${ada.id}`
const adaEvent = (type: string, fields: Readonly<Record<string, unknown>> = {}) =>
  eventNow(app, type, { app_user_id: ada.id, transaction_id: transaction(), ...fields })

/** Sets a user's customer on the fake server: a month of Plus from now on with changes, or no subscription. */
function setCustomer({ id }: User, changes: Readonly<Record<string, unknown>> | null = {}): void {
  const one = (): RestSubscription => restSubscription(app.now, { store_transaction_id: transaction(), ...changes })
  const management_url = 'https://apps.apple.com/account/subscriptions'
  revenueCat.customers.set(id, restCustomer({ management_url, subscriptions: changes ? { plus_monthly: one() } : {} }))
}

const refresh = ({ id: userId }: User) => app.runJob('billing.refresh-customer', { userId })
const rowOf = ({ id: userId }: User) => app.app.db.prisma.planSubscription.findFirstOrThrow({ where: { userId } })
const customerOf = ({ id: userId }: User) => app.app.db.prisma.billingCustomer.findUniqueOrThrow({ where: { userId } })
const runAt = async ({ id }: User) => {
  const [job] = await app.app.db.prisma.$queryRaw<{ runAt: Date }[]>`
    SELECT run_at AS "runAt" FROM graphile_worker.jobs WHERE key = ${`billing.refresh-customer:${id}`}`
  return job?.runAt ?? null
}

test('an event requests a refresh, and the snapshot decides the subscription', async () => {
  setCustomer(ada, { unsubscribe_detected_at: app.now.toISOString() })
  await deliverAndProcess(app, adaEvent('INITIAL_PURCHASE', { expiration_at_ms: noon('2040-01-01').getTime() }))
  expect(await planOf(app, ada.id)).toBe('FREE')
  await refresh(ada)
  expect(await rowOf(ada)).toMatchObject({ key: transaction(), willRenew: false, expiresAt: noon('2030-02-09') })
  expect([await planOf(app, ada.id), await creditsOf(app, ada.id)]).toEqual(['PLUS', 300])
  expect(await customerOf(ada)).toMatchObject({ refreshDueAt: null, managementUrl: expect.stringContaining('apple') })
  await passTime(app, noon('2030-02-09'))
  expect([await planOf(app, ada.id), await creditsOf(app, ada.id)]).toEqual(['FREE', 0])
})

test('reads only customers that an event names, and only once', async () => {
  setCustomer(ada)
  await deliverAndProcess(app, adaEvent('INITIAL_PURCHASE'))
  await refresh(ada)
  const requestsBefore = revenueCat.requests.length
  await refresh(ada)
  await refresh(ben)
  expect(revenueCat.requests).toHaveLength(requestsBefore)
})

test('an older snapshot has no effect', async () => {
  setCustomer(ada)
  await deliverAndProcess(app, adaEvent('INITIAL_PURCHASE'))
  await refresh(ada)
  const row = await rowOf(ada)
  await send(app, adaEvent('RENEWAL'))
  await processPurchases(app)
  app.now = noon('2030-01-09')
  setCustomer(ada, null)
  await refresh(ada)
  expect(await rowOf(ada)).toEqual(row)
  app.now = noon('2030-01-11')
  await deliverAndProcess(app, adaEvent('RENEWAL'))
  await refresh(ada)
  expect(await rowOf(ada)).toMatchObject({ endedAt: noon('2030-01-11'), willRenew: false })
})

test('a refresh that RevenueCat refuses with 429 is retried at the time of retry-after', async () => {
  setCustomer(ada)
  await deliverAndProcess(app, adaEvent('INITIAL_PURCHASE'))
  revenueCat.fault = { status: 429, headers: { 'retry-after': '90' } }
  const before = Date.now()
  await refresh(ada)
  const retryAt = (await runAt(ada))?.getTime() ?? 0
  // The client counts from the current time or from the app's time.
  const waits = [retryAt - before, retryAt - app.now.getTime()].map((ms) => Math.round(ms / 10_000))
  expect(waits).toContain(9)
  expect((await customerOf(ada)).refreshDueAt).not.toBeNull()
  revenueCat.fault = null
  await refresh(ada)
  expect(await planOf(app, ada.id)).toBe('PLUS')
})

test('a lost job is added again after 15 minutes', async () => {
  setCustomer(ada)
  await deliverAndProcess(app, adaEvent('INITIAL_PURCHASE'))
  await app.app.db.prisma.$executeRaw`DELETE FROM graphile_worker._private_jobs`
  app.now = new Date(app.now.getTime() + 10 * 60_000)
  await app.runJob('billing.refresh-lost')
  expect(await runAt(ada)).toBeNull()
  app.now = new Date(app.now.getTime() + 6 * 60_000)
  await app.runJob('billing.refresh-lost')
  await app.runDueJobs()
  expect(await planOf(app, ada.id)).toBe('PLUS')
})

test('an event received during a refresh requests another refresh', async () => {
  setCustomer(ada)
  await deliverAndProcess(app, adaEvent('INITIAL_PURCHASE'))
  const answer = revenueCat.pause()
  const reading = refresh(ada)
  await expect.poll(() => revenueCat.requests.at(-1)).toContain(ada.id)
  await deliverAndProcess(app, adaEvent('CANCELLATION'))
  answer()
  await reading
  expect((await customerOf(ada)).refreshDueAt).not.toBeNull()
})

test('a TRANSFER requests a refresh of both users, in any order, and no month is granted twice', async () => {
  for (const order of [
    ['ada', 'ben'],
    ['ben', 'ada'],
  ]) {
    const [from, to] = [await createUser(app, `from ${order}@x.test`), await createUser(app, `to ${order}@x.test`)]
    const bought = { store_transaction_id: `of ${from.id}` }
    app.now = noon('2030-01-10')
    setCustomer(from, bought)
    await deliverAndProcess(
      app,
      adaEvent('INITIAL_PURCHASE', { app_user_id: from.id, transaction_id: `of ${from.id}` }),
    )
    await refresh(from)
    const customer = revenueCat.customers.get(from.id)
    app.now = noon('2030-01-12')
    await deliverAndProcess(app, eventNow(app, 'TRANSFER', { transferred_from: [from.id], transferred_to: [to.id] }))
    setCustomer(from, null)
    if (customer) revenueCat.customers.set(to.id, customer)
    for (const name of order) await refresh(name === 'ada' ? from : to)
    expect([await planOf(app, from.id), await planOf(app, to.id)], String(order)).toEqual(['FREE', 'PLUS'])
    expect([await creditsOf(app, from.id), await creditsOf(app, to.id)]).toEqual([300, 0])
  }
})

test('adding and removing the API key duplicates no grants and no rows', async () => {
  folding.now = app.now
  const packed = { product_id: 'credits_500', transaction_id: `pack ${transaction()}` }
  await deliverAndProcess(folding, adaEvent('INITIAL_PURCHASE', { expiration_at_ms: noon('2030-02-09').getTime() }))
  await deliverAndProcess(folding, adaEvent('NON_RENEWING_PURCHASE', packed))
  const row = await rowOf(ada)
  const pack = { id: 'x', is_sandbox: false, purchase_date: app.now.toISOString(), store: 'app_store' }
  const packs = [packed.transaction_id, `eventless ${transaction()}`].map((id) => ({
    ...pack,
    store_transaction_id: id,
  }))
  const subscriptions = { plus_monthly: restSubscription(app.now, { store_transaction_id: transaction() }) }
  const non_subscriptions = { credits_500: packs }
  revenueCat.customers.set(ada.id, restCustomer({ subscriptions, non_subscriptions }))
  await deliverAndProcess(app, adaEvent('TEST'))
  await refresh(ada)
  expect(await rowOf(ada)).toMatchObject({ id: row.id, key: transaction() })
  // The month, the pack with an event, and the pack without one.
  expect(await creditsOf(app, ada.id)).toBe(300 + 500 + 500)
  await deliverAndProcess(folding, adaEvent('UNCANCELLATION', { expiration_at_ms: noon('2030-02-09').getTime() }))
  expect(await creditsOf(app, ada.id)).toBe(1_300)
  expect(await app.app.db.prisma.planSubscription.count({ where: { userId: ada.id } })).toBe(1)
})

test('a subscription without events has a row, which gets the key of its first event', async () => {
  setCustomer(ada)
  await deliverAndProcess(app, adaEvent('TEST', { transaction_id: null }))
  await refresh(ada)
  const { id, key } = await rowOf(ada)
  expect(key).toBe('APP_STORE:plus_monthly@2030-01-10T12:00:00.000Z')
  expect(await creditsOf(app, ada.id)).toBe(300)
  await deliverAndProcess(app, adaEvent('CANCELLATION'))
  await refresh(ada)
  expect(await rowOf(ada)).toMatchObject({ id, key: transaction() })
  expect(await creditsOf(app, ada.id)).toBe(300)
})

test('a row without events gets the key of its first event, also without the API key', async () => {
  folding.now = app.now
  setCustomer(ada)
  await deliverAndProcess(app, adaEvent('TEST', { transaction_id: null }))
  await refresh(ada)
  const { id } = await rowOf(ada)
  await deliverAndProcess(folding, adaEvent('CANCELLATION'))
  expect(await rowOf(ada)).toMatchObject({ id, key: transaction(), willRenew: false })
  expect(await creditsOf(app, ada.id)).toBe(300)
})

test('a customer is read by the id that RevenueCat has for the user', async () => {
  setCustomer({ ...ada, id: ada.clerkId ?? '' })
  await deliverAndProcess(app, adaEvent('INITIAL_PURCHASE', { app_user_id: ada.clerkId }))
  await refresh(ada)
  expect(await planOf(app, ada.id)).toBe('PLUS')
  expect(revenueCat.customers.has(ada.id)).toBe(false)
})

test('a refund in a snapshot revokes the month, and a reversal grants it again', async () => {
  setCustomer(ada)
  await deliverAndProcess(app, adaEvent('INITIAL_PURCHASE'))
  await refresh(ada)
  const bought = restSubscription(app.now, { store_transaction_id: transaction() })
  const now = async (day: string, refunded_at: string | null) => {
    app.now = noon(day)
    revenueCat.customers.set(ada.id, restCustomer({ subscriptions: { plus_monthly: { ...bought, refunded_at } } }))
    await deliverAndProcess(app, adaEvent('CANCELLATION'))
    await refresh(ada)
    return [await planOf(app, ada.id), await creditsOf(app, ada.id)]
  }
  expect(await now('2030-01-15', noon('2030-01-15').toISOString())).toEqual(['FREE', 0])
  expect(await now('2030-01-16', null)).toEqual(['PLUS', 300])
})
