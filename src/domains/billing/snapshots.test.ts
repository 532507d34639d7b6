import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { User } from '../../generated/prisma/client.ts'
import { startTestApp, type TestApp } from '../../testing/app.ts'
import { createPerson } from '../../testing/factories.ts'
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
import { type RestSubscription, restCustomer, restSubscription, startRevenueCat } from '../../testing/revenuecat.ts'

/** RevenueCat's API says what is so; its events only say that something is. */
let revenueCat: Awaited<ReturnType<typeof startRevenueCat>>
let app: TestApp
/** The same deployment without the key of the API. */
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

let people = 0
let ada: User
let ben: User
beforeEach(async () => {
  app.now = noon('2030-01-10')
  revenueCat.trouble = null
  people += 1
  ada = await createPerson(app, `ada${people}@example.com`)
  ben = await createPerson(app, `ben${people}@example.com`)
})

const transaction = () => `of ${ada.id}`
const told = (type: string, fields: Readonly<Record<string, unknown>> = {}) =>
  eventNow(app, type, { app_user_id: ada.id, transaction_id: transaction(), ...fields })

/** What the stand-in knows of somebody: a month of Plus from now on, but for what is told. */
function knows({ id }: User, changes: Readonly<Record<string, unknown>> | null = {}): void {
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

test('an event has the customer read, and the snapshot says what is so', async () => {
  knows(ada, { unsubscribe_detected_at: app.now.toISOString() })
  await tell(app, told('INITIAL_PURCHASE', { expiration_at_ms: noon('2040-01-01').getTime() }))
  expect(await planOf(app, ada.id)).toBe('FREE')
  await refresh(ada)
  expect(await rowOf(ada)).toMatchObject({ key: transaction(), willRenew: false, expiresAt: noon('2030-02-09') })
  expect([await planOf(app, ada.id), await creditsOf(app, ada.id)]).toEqual(['PLUS', 300])
  expect(await customerOf(ada)).toMatchObject({ refreshDueAt: null, managementUrl: expect.stringContaining('apple') })
  await passTime(app, noon('2030-02-09'))
  expect([await planOf(app, ada.id), await creditsOf(app, ada.id)]).toEqual(['FREE', 0])
})

test('nobody is read whom no event names; once read, nothing is asked again', async () => {
  knows(ada)
  await tell(app, told('INITIAL_PURCHASE'))
  await refresh(ada)
  const asked = revenueCat.requests.length
  await refresh(ada)
  await refresh(ben)
  expect(revenueCat.requests).toHaveLength(asked)
})

test('an older snapshot changes nothing', async () => {
  knows(ada)
  await tell(app, told('INITIAL_PURCHASE'))
  await refresh(ada)
  const row = await rowOf(ada)
  await send(app, told('RENEWAL'))
  await workOffPurchases(app)
  app.now = noon('2030-01-09')
  knows(ada, null)
  await refresh(ada)
  expect(await rowOf(ada)).toEqual(row)
  app.now = noon('2030-01-11')
  await tell(app, told('RENEWAL'))
  await refresh(ada)
  expect(await rowOf(ada)).toMatchObject({ endedAt: noon('2030-01-11'), willRenew: false })
})

test('RevenueCat asks for patience: it is asked again when it says', async () => {
  knows(ada)
  await tell(app, told('INITIAL_PURCHASE'))
  revenueCat.trouble = { status: 429, headers: { 'retry-after': '90' } }
  const before = Date.now()
  await refresh(ada)
  const again = (await runAt(ada))?.getTime() ?? 0
  // By the present instant or the app's, whichever its client counts from.
  const waits = [again - before, again - app.now.getTime()].map((ms) => Math.round(ms / 10_000))
  expect(waits).toContain(9)
  expect((await customerOf(ada)).refreshDueAt).not.toBeNull()
  revenueCat.trouble = null
  await refresh(ada)
  expect(await planOf(app, ada.id)).toBe('PLUS')
})

test('a job that was lost is resumed after 15 minutes', async () => {
  knows(ada)
  await tell(app, told('INITIAL_PURCHASE'))
  await app.app.db.prisma.$executeRaw`DELETE FROM graphile_worker._private_jobs`
  app.now = new Date(app.now.getTime() + 10 * 60_000)
  await app.runJob('billing.refresh-lost')
  expect(await runAt(ada)).toBeNull()
  app.now = new Date(app.now.getTime() + 6 * 60_000)
  await app.runJob('billing.refresh-lost')
  await app.runDueJobs()
  expect(await planOf(app, ada.id)).toBe('PLUS')
})

test('an event that comes while the customer is read has it read again', async () => {
  knows(ada)
  await tell(app, told('INITIAL_PURCHASE'))
  const answer = revenueCat.hold()
  const reading = refresh(ada)
  await expect.poll(() => revenueCat.requests.at(-1)).toContain(ada.id)
  await tell(app, told('CANCELLATION'))
  answer()
  await reading
  expect((await customerOf(ada)).refreshDueAt).not.toBeNull()
})

test('a TRANSFER has both read, in any order, and no month is given twice', async () => {
  for (const order of [
    ['ada', 'ben'],
    ['ben', 'ada'],
  ]) {
    const [from, to] = [await createPerson(app, `from ${order}@x.test`), await createPerson(app, `to ${order}@x.test`)]
    const bought = { store_transaction_id: `of ${from.id}` }
    app.now = noon('2030-01-10')
    knows(from, bought)
    await tell(app, told('INITIAL_PURCHASE', { app_user_id: from.id, transaction_id: `of ${from.id}` }))
    await refresh(from)
    const customer = revenueCat.customers.get(from.id)
    app.now = noon('2030-01-12')
    await tell(app, eventNow(app, 'TRANSFER', { transferred_from: [from.id], transferred_to: [to.id] }))
    knows(from, null)
    if (customer) revenueCat.customers.set(to.id, customer)
    for (const who of order) await refresh(who === 'ada' ? from : to)
    expect([await planOf(app, from.id), await planOf(app, to.id)], String(order)).toEqual(['FREE', 'PLUS'])
    expect([await creditsOf(app, from.id), await creditsOf(app, to.id)]).toEqual([300, 0])
  }
})

test('the API key comes and goes: nothing is given twice, and no row is made twice', async () => {
  folding.now = app.now
  const packed = { product_id: 'credits_500', transaction_id: `pack ${transaction()}` }
  await tell(folding, told('INITIAL_PURCHASE', { expiration_at_ms: noon('2030-02-09').getTime() }))
  await tell(folding, told('NON_RENEWING_PURCHASE', packed))
  const row = await rowOf(ada)
  const pack = { id: 'x', is_sandbox: false, purchase_date: app.now.toISOString(), store: 'app_store' }
  const packs = [packed.transaction_id, `unheard ${transaction()}`].map((id) => ({ ...pack, store_transaction_id: id }))
  const subscriptions = { plus_monthly: restSubscription(app.now, { store_transaction_id: transaction() }) }
  const non_subscriptions = { credits_500: packs }
  revenueCat.customers.set(ada.id, restCustomer({ subscriptions, non_subscriptions }))
  await tell(app, told('TEST'))
  await refresh(ada)
  expect(await rowOf(ada)).toMatchObject({ id: row.id, key: transaction() })
  // The month, the pack that an event told of, and the one that only the API knows.
  expect(await creditsOf(app, ada.id)).toBe(300 + 500 + 500)
  await tell(folding, told('UNCANCELLATION', { expiration_at_ms: noon('2030-02-09').getTime() }))
  expect(await creditsOf(app, ada.id)).toBe(1_300)
  expect(await app.app.db.prisma.planSubscription.count({ where: { userId: ada.id } })).toBe(1)
})

test('a subscription that no event told of has a row of its own, which an event gives its key', async () => {
  knows(ada)
  await tell(app, told('TEST', { transaction_id: null }))
  await refresh(ada)
  const { id, key } = await rowOf(ada)
  expect(key).toBe('APP_STORE:plus_monthly@2030-01-10T12:00:00.000Z')
  expect(await creditsOf(app, ada.id)).toBe(300)
  await tell(app, told('CANCELLATION'))
  await refresh(ada)
  expect(await rowOf(ada)).toMatchObject({ id, key: transaction() })
  expect(await creditsOf(app, ada.id)).toBe(300)
})

test('without the key of the API, an event gives such a row its key too', async () => {
  folding.now = app.now
  knows(ada)
  await tell(app, told('TEST', { transaction_id: null }))
  await refresh(ada)
  const { id } = await rowOf(ada)
  await tell(folding, told('CANCELLATION'))
  expect(await rowOf(ada)).toMatchObject({ id, key: transaction(), willRenew: false })
  expect(await creditsOf(app, ada.id)).toBe(300)
})

test('by which id RevenueCat knows the person, by that they are read', async () => {
  knows({ ...ada, id: ada.clerkId ?? '' })
  await tell(app, told('INITIAL_PURCHASE', { app_user_id: ada.clerkId }))
  await refresh(ada)
  expect(await planOf(app, ada.id)).toBe('PLUS')
  expect(revenueCat.customers.has(ada.id)).toBe(false)
})

test('a refund in a snapshot takes the month back, a reversal gives it again', async () => {
  knows(ada)
  await tell(app, told('INITIAL_PURCHASE'))
  await refresh(ada)
  const bought = restSubscription(app.now, { store_transaction_id: transaction() })
  const now = async (day: string, refunded_at: string | null) => {
    app.now = noon(day)
    revenueCat.customers.set(ada.id, restCustomer({ subscriptions: { plus_monthly: { ...bought, refunded_at } } }))
    await tell(app, told('CANCELLATION'))
    await refresh(ada)
    return [await planOf(app, ada.id), await creditsOf(app, ada.id)]
  }
  expect(await now('2030-01-15', noon('2030-01-15').toISOString())).toEqual(['FREE', 0])
  expect(await now('2030-01-16', null)).toEqual(['PLUS', 300])
})
