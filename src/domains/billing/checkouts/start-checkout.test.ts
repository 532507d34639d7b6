import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import {
  type CheckoutCardFragment,
  CheckoutDocument,
  StartCheckoutDocument,
} from '../../../../operations/typed-operations.ts'
import type { User } from '../../../generated/prisma/client.ts'
import { startTestApp, type TestApp } from '../../../testing/app.ts'
import { createUser } from '../../../testing/factories.ts'
import { dump } from '../../../testing/privacy-steps.ts'
import { type FakeRevenueCat, restCustomer, restSubscription, startRevenueCat } from '../../../testing/revenuecat.ts'
import { dayMs, revenueCatConfig, sendPurchase } from '../../../testing/subscriptions.ts'
import { rowId } from '../../../testing/upload-steps.ts'
import { users } from '../../users/index.ts'
import { completeCheckouts } from './complete-checkouts.ts'

const hourMs = 3_600_000
const prepare = 'billing.prepare-checkout'
const sweep = 'billing.sweep-checkouts'

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
let began: Date
beforeEach(async () => {
  email = `buyer${++count}@example.com`
  user = await createUser(app, email)
  began = new Date()
  app.now = began
  revenueCat.fault = null
})

const later = (ms: number) => new Date(began.getTime() + ms)
const makeRevenueCatUnavailable = () => {
  revenueCat.fault = { status: 503, headers: { 'retry-after': '3600' } }
}

async function request(input: { productKey?: string; idempotencyKey?: string } = {}, as = email) {
  const completeInput = { productKey: 'plus-monthly', idempotencyKey: 'a purchase', ...input }
  const { data, errors } = await app.run(as, StartCheckoutDocument, { input: completeInput })
  if (!data?.startCheckout) throw new Error(JSON.stringify(errors))
  return data.startCheckout
}

async function start(input: Parameters<typeof request>[0] = {}): Promise<CheckoutCardFragment> {
  const result = await request(input)
  if (result.__typename !== 'StartCheckoutPayload') throw new Error(JSON.stringify(result))
  return result.checkout
}

/** Reads the checkout with `node`. */
async function read({ id }: { id: string }, as = email): Promise<CheckoutCardFragment | null> {
  const { data } = await app.run(as, CheckoutDocument, { id })
  return data.node as CheckoutCardFragment | null
}

const row = ({ id }: { id: string }) => app.app.db.prisma.checkout.findUniqueOrThrow({ where: { id: rowId(id) } })
const reads = () => revenueCat.requests.filter((line) => line === `GET /v1/subscribers/${user.id}`).length

async function retries(): Promise<number> {
  const { text } = await app.app.metrics.expose()
  return Number(/^payment_retry_total (\d+)$/m.exec(text)?.[1] ?? 0)
}

async function attempt({ id }: { id: string }, at: Date): Promise<void> {
  app.now = at
  await app.runJob(prepare, { id: rowId(id) })
}

describe('a checkout', () => {
  test('is READY in the response, with a URL for the user and the product', async () => {
    const checkout = await start()
    expect(checkout).toMatchObject({
      status: 'READY',
      product: { key: 'plus-monthly', kind: 'SUBSCRIPTION', tier: 'PLUS' },
      attempts: 1,
      nextAttemptAt: null,
      createdAt: began.toISOString(),
      expiresAt: later(24 * hourMs).toISOString(),
    })
    const url = new URL(checkout.url ?? '')
    expect(url.origin + url.pathname).toBe(`https://pay.rev.cat/test-link-token/${user.id}`)
    expect(url.searchParams.get('email')).toBe(email)
    expect(url.searchParams.get('package_id')).toBe('plus_monthly')
    expect(revenueCat.customers.has(user.id)).toBe(true)
    expect(reads()).toBe(1)
  })

  test('stores no email address and no URL, in its row or the queue', async () => {
    await start()
    const queued = await dump(app, 'checkouts')
    const { rows } = await app.app.db.pool.query('SELECT payload::text FROM graphile_worker._private_jobs')
    expect(queued.length).toBeGreaterThan(0)
    expect(JSON.stringify([queued, rows])).not.toMatch(/example\.com|pay\.rev\.cat/)
  })

  test('is null for other users, and has no URL for admins', async () => {
    const checkout = await start()
    await createUser(app, 'boss@example.com', { role: 'ADMIN' }).catch(() => undefined)
    expect(await read(checkout, 'somebody.else@example.com')).toBeNull()
    expect(await read(checkout, 'boss@example.com')).toMatchObject({ status: 'READY', url: null })
    expect(await read(checkout)).toMatchObject({ url: expect.stringContaining('https://pay.rev.cat/') })
  })

  test('has a URL without an email address if the user has none', async () => {
    await app.app.db.prisma.user.update({ where: { id: user.id }, data: app.app.services(users).emails.columns(null) })
    expect(new URL((await start()).url ?? '').searchParams.has('email')).toBe(false)
  })
})

describe('the same idempotency key', () => {
  test('returns the same checkout without another request to RevenueCat', async () => {
    const { id } = await start()
    expect(await start()).toMatchObject({ id, status: 'READY', attempts: 1 })
    expect(reads()).toBe(1)
  })

  test('returns IdempotencyConflictError for another product', async () => {
    await start()
    expect(await request({ productKey: 'pro-monthly' })).toMatchObject({ __typename: 'IdempotencyConflictError' })
  })

  test('makes one checkout and one attempt in twenty concurrent requests', async () => {
    const all = await Promise.all(Array.from({ length: 20 }, () => start()))
    expect(new Set(all.map(({ id }) => id)).size).toBe(1)
    expect(reads()).toBe(1)
    expect(await app.app.db.prisma.checkout.count({ where: { userId: user.id } })).toBe(1)
  })
})

describe('startCheckout refuses', () => {
  test.each([
    ['a product that does not exist', { productKey: 'unknown-product' }, 'NotFoundError', 'The product was not found.'],
    ['a product that is not sold on the web', { productKey: 'credits-2000' }, 'InvalidInputError', /Buy it in the app/],
    ['an invalid idempotency key', { idempotencyKey: '' }, 'InvalidInputError', /1 to 200 printable/],
  ])('%s', async (_about, input, type, message) => {
    expect(await request(input)).toMatchObject({ __typename: type, message: expect.stringMatching(message) })
    expect(await app.app.db.prisma.checkout.count({ where: { userId: user.id } })).toBe(0)
  })

  test('a product and a key with the problems of both', async () => {
    const issues = [{ path: ['input', 'productKey'] }, { path: ['input', 'idempotencyKey'] }]
    expect(await request({ productKey: 'credits-2000', idempotencyKey: '' })).toMatchObject({ issues })
  })

  test('more than 20 open checkouts; expired ones do not count', async () => {
    for (let n = 0; n < 20; n += 1) await start({ idempotencyKey: `${n}` })
    const refused = { __typename: 'InvalidInputError', issues: [{ path: ['input', 'productKey'] }] }
    expect(await request({ idempotencyKey: 'one more' })).toMatchObject(refused)
    expect(await start({ idempotencyKey: '3' })).toMatchObject({ status: 'READY' })
    await app.app.db.prisma.$executeRaw`
      UPDATE checkouts SET created_at = created_at - interval '24 hours', expires_at = expires_at - interval '24 hours'
      WHERE user_id = ${user.id}::uuid`
    expect(await start({ idempotencyKey: 'one more' })).toMatchObject({ status: 'READY' })
  })

  test('every product if the web checkout is not configured', async () => {
    await using bare = await startTestApp({ databaseUrl: app.databaseUrl })
    const input = { productKey: 'plus-monthly', idempotencyKey: 'a purchase' }
    expect((await bare.run(email, StartCheckoutDocument, { input })).data.startCheckout).toEqual({
      __typename: 'ProviderUnavailableError',
      code: 'PROVIDER_UNAVAILABLE',
      message: 'Purchases on the web are not available on this server. Buy the product in the app.',
    })
  })
})

describe('while RevenueCat is unavailable', () => {
  test('a checkout stays PENDING, is retried twice every 6 hours and is then FAILED; each retry is counted', async () => {
    makeRevenueCatUnavailable()
    const before = await retries()
    const checkout = await start()
    expect(checkout).toMatchObject({
      status: 'PENDING',
      url: null,
      attempts: 1,
      nextAttemptAt: later(6 * hourMs).toISOString(),
    })
    const [job] = await app.app.db.prisma.$queryRaw<{ runAt: Date }[]>`
      SELECT run_at AS "runAt" FROM graphile_worker.jobs WHERE key = ${`${prepare}:${rowId(checkout.id)}`}`
    expect(job?.runAt).toEqual(later(6 * hourMs))

    await attempt(checkout, later(6 * hourMs - 1))
    expect(await row(checkout)).toMatchObject({ attempts: 1 })
    await attempt(checkout, later(6 * hourMs))
    expect(await row(checkout)).toMatchObject({
      status: 'PENDING',
      attempts: 2,
      nextAttemptAt: later(12 * hourMs),
    })
    expect(await retries()).toBe(before + 1)
    await attempt(checkout, later(12 * hourMs))
    expect(await row(checkout)).toMatchObject({ status: 'FAILED', attempts: 3, nextAttemptAt: null })
    expect(await retries()).toBe(before + 2)

    await attempt(checkout, later(18 * hourMs))
    expect(await row(checkout)).toMatchObject({ status: 'FAILED', attempts: 3 })
    expect(await retries()).toBe(before + 2)
  })

  test('a checkout is READY after the next attempt succeeds', async () => {
    makeRevenueCatUnavailable()
    const checkout = await start()
    revenueCat.fault = null
    expect(await start()).toMatchObject({ status: 'PENDING', attempts: 1 })
    await attempt(checkout, later(6 * hourMs))
    app.now = began
    expect(await read(checkout)).toMatchObject({ status: 'READY', attempts: 2, nextAttemptAt: null })
  })

  test('concurrent jobs make one attempt', async () => {
    makeRevenueCatUnavailable()
    const checkout = await start()
    const before = reads()
    revenueCat.fault = null
    app.now = later(6 * hourMs)
    await Promise.all([1, 2, 3, 4].map(() => app.runJob(prepare, { id: rowId(checkout.id) })))
    expect(reads()).toBe(before + 1)
    expect(await row(checkout)).toMatchObject({ status: 'READY', attempts: 2 })
  })
})

describe('after a process was killed during an attempt', () => {
  /** Starts a checkout whose attempt was claimed by a process that was killed. */
  async function startKilledAttempt(attempts: number) {
    const checkout = await start()
    await app.app.db.prisma.checkout.update({
      where: { id: rowId(checkout.id) },
      data: { status: 'PENDING', attempts, nextAttemptAt: later(6 * hourMs) },
    })
    return checkout
  }

  test('the next attempt is made at its time', async () => {
    const checkout = await startKilledAttempt(1)
    await attempt(checkout, later(5 * hourMs))
    expect(await row(checkout)).toMatchObject({ status: 'PENDING', attempts: 1 })
    await attempt(checkout, later(6 * hourMs))
    expect(await row(checkout)).toMatchObject({ status: 'READY', attempts: 2 })
  })

  test('the checkout is FAILED at the next time if it was the last attempt', async () => {
    const checkout = await startKilledAttempt(3)
    await attempt(checkout, later(6 * hourMs - 1))
    expect((await row(checkout)).status).toBe('PENDING')
    await attempt(checkout, later(6 * hourMs))
    expect(await row(checkout)).toMatchObject({ status: 'FAILED', attempts: 3, nextAttemptAt: null })
  })

  test('the sweep adds a new job for a lost one', async () => {
    const checkout = await startKilledAttempt(1)
    const key = `${prepare}:${rowId(checkout.id)}`
    await app.app.db.prisma.$executeRaw`SELECT graphile_worker.remove_job(${key})`
    const jobs = () => app.app.db.prisma.$queryRaw<unknown[]>`SELECT FROM graphile_worker.jobs WHERE key = ${key}`
    app.now = later(6 * hourMs)
    await app.runJob(sweep)
    expect(await jobs()).toHaveLength(0)
    app.now = later(6 * hourMs + 5 * 60_000)
    await app.runJob(sweep)
    expect(await jobs()).toHaveLength(1)
    await app.runDueJobs()
    expect(await row(checkout)).toMatchObject({ status: 'READY', attempts: 2 })
  })

  test('no request is made for a user who is being deleted', async () => {
    const checkout = await startKilledAttempt(1)
    await app.app.db.prisma.user.update({ where: { id: user.id }, data: { standing: 'DELETING' } })
    const before = reads()
    await attempt(checkout, later(6 * hourMs))
    expect(reads()).toBe(before)
  })
})

describe('the end of a checkout', () => {
  const complete = (purchasedAt: Date, productKey = 'plus-monthly') =>
    app.app.db.transaction((tx) => completeCheckouts(tx, { userId: user.id, productKey, purchasedAt }))

  test('EXPIRED after 24 hours, before and after the sweep', async () => {
    const checkout = await start()
    const token = await app.token(email, { expiresInSeconds: 2 * 86_400 })
    const status = async () => {
      const response = await fetch(`${app.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
        body: JSON.stringify({ query: `{ node(id: "${checkout.id}") { ... on Checkout { status url } } }` }),
      })
      return ((await response.json()) as { data: { node: { status: string; url: string | null } } }).data.node
    }
    app.now = later(dayMs - 1)
    expect(await status()).toMatchObject({ status: 'READY', url: expect.any(String) })
    await app.runJob(sweep)
    expect((await row(checkout)).status).toBe('READY')
    app.now = later(dayMs)
    expect(await status()).toEqual({ status: 'EXPIRED', url: null })
    await app.runJob(sweep)
    expect(await row(checkout)).toMatchObject({ status: 'EXPIRED', nextAttemptAt: null })
  })

  test('COMPLETED by the webhook for credits, and after the customer was read for a plan', async () => {
    const credits = await start({ productKey: 'credits-500', idempotencyKey: 'credits' })
    const plan = await start()
    const bought = { store: 'RC_BILLING', transaction_id: `credits ${user.id}` }
    await sendPurchase(app, user, 'NON_RENEWING_PURCHASE', { ...bought, product_id: 'credits_500' })
    expect([await read(credits), await read(plan)]).toMatchObject([{ status: 'COMPLETED' }, { status: 'READY' }])

    const rest = restSubscription(app.now, { store: 'rc_billing', store_transaction_id: `plan ${user.id}` })
    revenueCat.customers.set(user.id, restCustomer({ subscriptions: { plus_monthly: rest } }))
    await sendPurchase(app, user, 'INITIAL_PURCHASE', { ...bought, transaction_id: `plan ${user.id}` })
    await app.runJob('billing.refresh-customer', { userId: user.id })
    expect(await read(plan)).toMatchObject({ status: 'COMPLETED', url: null })
    expect((await app.query(email, '{ me { plan { tier } } }')).data).toEqual({ me: { plan: { tier: 'PLUS' } } })
  })

  test('COMPLETED by the purchase, and not EXPIRED later', async () => {
    const checkout = await start()
    expect(await complete(later(hourMs), 'pro-monthly')).toBe(0)
    expect(await complete(later(-10 * 60_000))).toBe(0)
    expect(await complete(later(-60_000))).toBe(1)
    expect(await complete(later(hourMs))).toBe(0)
    expect(await read(checkout)).toMatchObject({ status: 'COMPLETED', url: null, nextAttemptAt: null })
    app.now = later(2 * dayMs)
    await app.runJob(sweep)
    expect((await row(checkout)).status).toBe('COMPLETED')
  })

  test('COMPLETED during an attempt', async () => {
    const before = reads()
    const release = revenueCat.pause()
    const started = start()
    await expect.poll(reads).toBe(before + 1)
    expect(await complete(later(1_000))).toBe(1)
    release()
    expect(await started).toMatchObject({ status: 'COMPLETED', url: null })
  })

  test('COMPLETED by a late event, and before the checkout is READY', async () => {
    const checkout = await start()
    app.now = later(2 * dayMs)
    await app.runJob(sweep)
    expect(await complete(later(dayMs + 1))).toBe(0)
    expect(await complete(later(dayMs - 1))).toBe(1)

    app.now = began
    makeRevenueCatUnavailable()
    const waiting = await start({ idempotencyKey: 'another' })
    expect(await complete(later(hourMs))).toBe(1)
    revenueCat.fault = null
    await attempt(waiting, later(6 * hourMs))
    expect([await row(checkout), await row(waiting)]).toMatchObject([
      { status: 'COMPLETED' },
      { status: 'COMPLETED', attempts: 1 },
    ])
  })
})

test('the response waits at most three seconds for RevenueCat', { timeout: 10_000 }, async () => {
  const release = revenueCat.pause()
  const started = performance.now()
  const checkout = await start()
  expect(performance.now() - started).toBeLessThan(4_500)
  expect(checkout).toMatchObject({ status: 'PENDING', attempts: 1 })
  release()
  await expect.poll(() => read(checkout)).toMatchObject({ status: 'READY', attempts: 1 })
})
