import { existsSync, readFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type FakeRevenueCat, restCustomer, restSubscription, startRevenueCat } from '../../testing/revenuecat.ts'
import { createRevenueCat } from './client.ts'
import { toSnapshot } from './customer.ts'

const now = new Date('2026-11-21T09:00:00.123Z')
const startedAt = new Date('2026-11-01T00:00:00Z')
let revenueCat: FakeRevenueCat
beforeEach(async () => {
  revenueCat = await startRevenueCat(() => now)
})
afterEach(() => revenueCat[Symbol.asyncDispose]())

const client = () => createRevenueCat(revenueCat.config)

describe('reading a customer', () => {
  test('creates an unknown customer', async () => {
    const customer = { requestedAt: now, managementUrl: null, subscriptions: [], purchases: [] }
    expect(await client().readCustomer('somebody/new ?')).toEqual(customer)
    expect([...revenueCat.customers.keys()]).toEqual(['somebody/new ?'])
    expect(await client().readCustomer('somebody/new ?')).toEqual(customer)
    expect(revenueCat.requests).toEqual(Array(2).fill('GET /v1/subscribers/somebody%2Fnew%20%3F'))
  })

  test('returns subscriptions and purchases in the format of the port', async () => {
    const trial = restSubscription(startedAt, {
      store: 'play_store',
      product_plan_identifier: 'monthly',
      period_type: 'trial',
      store_transaction_id: 'GPA.1',
      unsubscribe_detected_at: '2026-11-20T10:00:00Z',
    })
    revenueCat.customers.set(
      'anna',
      restCustomer({
        management_url: 'https://pay.example.com/manage',
        subscriptions: { plus: trial, lifetime_gift: restSubscription(startedAt, { store: 'promotional' }) },
        non_subscriptions: {
          credits_500: [
            {
              id: 'a',
              is_sandbox: true,
              purchase_date: startedAt.toISOString(),
              store: 'app_store',
              store_transaction_id: 7,
            },
            { id: 'b', purchase_date: startedAt.toISOString() },
          ],
        },
      }),
    )
    const { managementUrl, subscriptions, purchases } = await client().readCustomer('anna')
    expect(managementUrl).toBe('https://pay.example.com/manage')
    expect(subscriptions).toEqual([
      {
        productId: 'plus:monthly',
        store: 'PLAY_STORE',
        periodType: 'TRIAL',
        isSandbox: false,
        isFamilyShare: false,
        transactionId: 'GPA.1',
        startedAt,
        purchasedAt: startedAt,
        expiresAt: new Date('2026-12-01T00:00:00Z'),
        graceEndsAt: null,
        resumesAt: null,
        unsubscribedAt: new Date('2026-11-20T10:00:00Z'),
        billingIssueAt: null,
        refundedAt: null,
      },
      expect.objectContaining({ productId: 'lifetime_gift', store: 'PROMOTIONAL', periodType: 'PROMOTIONAL' }),
    ])
    const pack = { productId: 'credits_500', purchasedAt: startedAt }
    expect(purchases).toEqual([
      { ...pack, store: 'APP_STORE', isSandbox: true, transactionId: '7' },
      { ...pack, store: 'UNKNOWN', isSandbox: false, transactionId: null },
    ])
  })

  const snapshot = (subscription: object, subscriber: object = {}) =>
    toSnapshot({ request_date_ms: 1, subscriber: { subscriptions: { plus: subscription }, ...subscriber } })
  const purchase_date = startedAt.toISOString()

  test.each<[object, object]>([
    [{ purchase_date }, { startedAt, purchasedAt: startedAt, expiresAt: null, transactionId: null, store: 'UNKNOWN' }],
    [{ purchase_date, store_transaction_id: 1000000652379790 }, { transactionId: '1000000652379790' }],
    [{ purchase_date: '2026-11-01T09:00:00+09:00' }, { purchasedAt: startedAt }],
    [{ purchase_date, ownership_type: 'FAMILY_SHARED' }, { isFamilyShare: true }],
  ])('reads %j', (subscription, expected) => {
    expect(snapshot(subscription).subscriptions).toEqual([expect.objectContaining(expected)])
  })

  test.each([
    {},
    { purchase_date: null },
    { purchase_date, expires_date: 'never' },
    { purchase_date, expires_date: 5 },
  ])('throws for an invalid date instead of ending access or granting it without end: %j', (subscription) => {
    expect(() => snapshot(subscription)).toThrow()
  })

  test('ignores a management URL that is not https', () => {
    const managed = (management_url: unknown) => snapshot({ purchase_date }, { management_url }).managementUrl
    expect(['javascript:alert(1)', 'http://example.com', 5].map(managed)).toEqual([null, null, null])
  })

  const fixtures = new URL('../../../../shared/fixtures/revenuecat/', import.meta.url)
  const recorded = (name: string) => toSnapshot(JSON.parse(readFileSync(new URL(name, fixtures), 'utf8')))

  test.runIf(existsSync(fixtures))('reads recorded responses of RevenueCat', () => {
    const { subscriptions, ...customer } = recorded('rest_v1_get_subscriber.json')
    expect(customer).toEqual({
      requestedAt: new Date(1_564_162_810_884),
      managementUrl: 'https://apps.apple.com/account/subscriptions',
      purchases: [
        {
          productId: 'onetime',
          store: 'APP_STORE',
          isSandbox: true,
          transactionId: null,
          purchasedAt: new Date('2019-04-05T21:52:45Z'),
        },
      ],
    })
    const brief = subscriptions.map((one) => [one.productId, one.store, one.transactionId, one.isFamilyShare])
    expect(brief).toEqual([
      ['annual', 'PLAY_STORE', 'GPA.6801-7988-0152-76034..5', false],
      ['onemonth', 'APP_STORE', '1000000652379790', false],
      ['rc_promo_pro_cat_monthly', 'PROMOTIONAL', 'a42db3af39530cb82b17eaf9c6576393', true],
    ])
    expect(subscriptions[0]).toMatchObject({
      startedAt: new Date('2019-02-21T00:42:05Z'),
      purchasedAt: new Date('2019-07-14T20:07:40Z'),
      expiresAt: new Date('2019-08-14T21:07:40Z'),
      unsubscribedAt: new Date('2019-07-17T22:48:38Z'),
    })
    const empty = { requestedAt: new Date(1_688_237_686_989), subscriptions: [], purchases: [] }
    expect(recorded('rest_v1_get_subscriber_expired_none.json')).toMatchObject(empty)
  })
})

describe('cancelling', () => {
  const ofWeb = (id: string, changes: object = {}) =>
    restSubscription(startedAt, { store: 'rc_billing', store_transaction_id: id, ...changes })
  const input = { names: ['unknown', 'anna'], store: 'RC_BILLING', productId: 'plus', transactionId: 'tx_2' }
  const posted = () => revenueCat.requests.filter((request) => request.startsWith('POST'))

  test('on the web finds the subscription on any page and cancels it once', async () => {
    const subscriptions = { a: ofWeb('tx_1'), b: ofWeb('tx_2'), c: ofWeb('tx_3'), d: restSubscription(startedAt) }
    revenueCat.customers.set('anna', restCustomer({ subscriptions }))
    expect(await client().cancel(input)).toBe('cancelled')
    expect(Object.values(subscriptions).map((one) => one.unsubscribe_detected_at)).toEqual([
      null,
      now.toISOString(),
      null,
      null,
    ])
    expect(await client().cancel(input)).toBe('cancelled')
    expect(posted()).toEqual(['POST /v2/projects/proj_test/subscriptions/subtx_2/actions/cancel'])
  })

  test('on the web without a matching transaction cancels the only subscription, but none of two', async () => {
    const subscriptions = { a: ofWeb('tx_7'), d: restSubscription(startedAt, { store_transaction_id: 'tx_9' }) }
    revenueCat.customers.set('anna', restCustomer({ subscriptions }))
    revenueCat.customers.set('bob', restCustomer({ subscriptions: { a: ofWeb('tx_5'), b: ofWeb('tx_6') } }))
    expect(await client().cancel({ ...input, names: ['bob'] })).toBe('elsewhere')
    expect(await client().cancel({ ...input, transactionId: null })).toBe('cancelled')
    expect(posted()).toEqual(['POST /v2/projects/proj_test/subscriptions/subtx_7/actions/cancel'])
    expect(await client().cancel({ ...input, names: ['unknown'] })).toBe('elsewhere')
  })

  test('on the web succeeds if the subscription was cancelled just before', async () => {
    const subscription = ofWeb('tx_2')
    revenueCat.customers.set('anna', restCustomer({ subscriptions: { subscription } }))
    revenueCat.onRequest = (request) => {
      if (request.startsWith('POST')) subscription.unsubscribe_detected_at = '2026-11-21T08:59:59Z'
      return null
    }
    expect(await client().cancel(input)).toBe('cancelled')
    expect(subscription.unsubscribe_detected_at).toBe('2026-11-21T08:59:59Z')
  })

  test('on the web throws if RevenueCat refuses and the subscription still renews', async () => {
    revenueCat.customers.set('anna', restCustomer({ subscriptions: { plus: ofWeb('tx_2') } }))
    revenueCat.onRequest = (request) =>
      request.startsWith('POST') ? { status: 422, body: '{"message":"It is disputed"}' } : null
    await expect(client().cancel(input)).rejects.toThrow('refused to cancel a subscription: 422, It is disputed.')
    revenueCat.onRequest = () => ({ status: 403, body: '{"message":"Not with this key"}' })
    await expect(client().cancel(input)).rejects.toThrow('403, Not with this key. Check REVENUECAT_API_KEY')
  })

  const atGoogle = { ...input, store: 'PLAY_STORE', transactionId: 'GPA.1..2' }

  test('at Google finds the subscription by its transaction under any id of the customer and cancels it once', async () => {
    const plus = restSubscription(startedAt, { store: 'play_store', store_transaction_id: 'GPA.1..2' })
    revenueCat.customers.set('anna', restCustomer({ subscriptions: { plus } }))
    expect(await client().cancel(atGoogle)).toBe('cancelled')
    expect(plus.unsubscribe_detected_at).toBe(now.toISOString())
    expect(posted().at(-1)).toBe('POST /v1/subscribers/anna/subscriptions/GPA.1..2/cancel')
    expect(await client().cancel(atGoogle)).toBe('cancelled')
    expect(await client().cancel({ ...atGoogle, names: ['unknown'] })).toBe('elsewhere')
  })

  test('at Google succeeds if the subscription has ended, and throws if Google refuses', async () => {
    const expires_date = '2026-11-21T09:00:00Z'
    const plus = restSubscription(startedAt, { store: 'play_store', store_transaction_id: 'GPA.1..2', expires_date })
    revenueCat.customers.set('anna', restCustomer({ subscriptions: { plus } }))
    revenueCat.onRequest = (request) =>
      request.startsWith('POST') ? { status: 400, body: '{"message":"There was a problem with the store"}' } : null
    expect(await client().cancel({ ...atGoogle, names: ['anna'] })).toBe('cancelled')
    const renewing = { ...plus, expires_date: '2026-12-21T09:00:00Z' }
    revenueCat.customers.set('anna', restCustomer({ subscriptions: { plus: renewing } }))
    const refused = client().cancel({ ...atGoogle, names: ['anna'] })
    await expect(refused).rejects.toThrow('refused to cancel a subscription: 400, There was a problem with the store.')
  })

  test.each(['APP_STORE', 'MAC_APP_STORE', 'STRIPE', 'AMAZON', 'PROMOTIONAL', null])(
    'is not possible for the store %s',
    async (store) => {
      expect(await client().cancel({ ...input, store })).toBe('elsewhere')
      expect(revenueCat.requests).toEqual([])
    },
  )

  test('is not possible without API keys', async () => {
    const { apiUrl } = revenueCat.config
    const off = createRevenueCat({ apiUrl })
    expect(await off.cancel(input)).toBe('elsewhere')
    expect(await off.cancel(atGoogle)).toBe('elsewhere')
    expect(await client().cancel({ ...atGoogle, transactionId: null })).toBe('elsewhere')
    expect(revenueCat.requests).toEqual([])
  })
})

describe('purchases on the web', () => {
  const purchase = { userId: 'a b/c', email: 'anna+1@example.com', packageId: '$rc_monthly', currency: 'EUR' }

  test('have a link with the user and the package', () => {
    expect(client().purchaseLink(purchase).href).toBe(
      'https://pay.rev.cat/test-link-token/a%20b%2Fc?email=anna%2B1%40example.com&currency=EUR&package_id=%24rc_monthly',
    )
    expect(client().purchaseLink({ ...purchase, email: null, currency: null }).search).toBe('?package_id=%24rc_monthly')
  })

  test('need a link and a key; reading needs a key', async () => {
    const { apiUrl, apiKey, webPurchaseLink } = revenueCat.config
    const can = (options: object) => {
      const { canRead, canSell } = createRevenueCat({ apiUrl, ...options })
      return [canRead, canSell]
    }
    expect(can({})).toEqual([false, false])
    expect(can({ apiKey })).toEqual([true, false])
    expect(can({ webPurchaseLink })).toEqual([false, false])
    expect(can({ apiKey, webPurchaseLink })).toEqual([true, true])
    const off = createRevenueCat({ apiUrl })
    await expect(off.readCustomer('anna')).rejects.toThrow('REVENUECAT_API_KEY is not set')
    expect(() => off.purchaseLink(purchase)).toThrow('REVENUECAT_WEB_PURCHASE_LINK is not set')
  })
})
