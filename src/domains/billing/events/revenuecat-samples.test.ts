import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { User } from '../../../generated/prisma/client.ts'
import { startTestApp, type TestApp } from '../../../testing/app.ts'
import { createUser } from '../../../testing/factories.ts'
import { creditsOf, deliverAndProcess } from '../../../testing/purchase-steps.ts'
import type { PurchaseFields } from '../../../testing/revenuecat-events.ts'
import { accessEndsAt, statusOf } from '../subscriptions/subscription-status.ts'

const folder = resolve(import.meta.dirname, '../../../../shared/fixtures/revenuecat')
const files = existsSync(folder) ? readdirSync(folder).filter((name) => !name.startsWith('rest_')) : []

/** The effect of each of RevenueCat's own samples, applied alone at its own time. */
const effects: Readonly<Record<string, string>> = {
  BILLING_ISSUE: 'nothing',
  BILLING_ISSUE_no_grace_key: 'nothing',
  CANCELLATION: 'CANCELLED until 2020-10-06, ends',
  CANCELLATION_billing_error_play: 'nothing',
  CANCELLATION_refund: 'EXPIRED until 2020-09-28, ends',
  CANCELLATION_trial: 'CANCELLED until 2022-07-28, ends',
  EXPERIMENT_ENROLLMENT: 'nothing',
  EXPIRATION: 'EXPIRED until 2023-10-16, ends',
  INITIAL_PURCHASE: 'ACTIVE until 2022-08-01, renews',
  INITIAL_PURCHASE_fields_page: 'ACTIVE until 2020-06-09, renews',
  INITIAL_PURCHASE_trial: 'TRIALING until 2022-07-28, renews',
  INVOICE_ISSUANCE: 'nothing',
  NON_RENEWING_PURCHASE: 'nothing',
  PAYWALL_COMPONENT_INTERACTED: 'nothing',
  PRODUCT_CHANGE: 'nothing',
  REFUND_REVERSED: 'EXPIRED until 2023-10-16, renews',
  RENEWAL: 'ACTIVE until 2022-08-01, renews',
  SUBSCRIPTION_EXTENDED: 'EXPIRED until 2023-10-16, renews',
  SUBSCRIPTION_PAUSED: 'ACTIVE until 2022-06-16, renews',
  TEMPORARY_ENTITLEMENT_GRANT: 'nothing',
  TEST: 'nothing',
  TEST_2023_no_app_id: 'nothing',
  TRANSFER: 'nothing',
  TRANSFER_2021_no_environment: 'nothing',
  UNCANCELLATION: 'ACTIVE until 2022-10-08, renews',
  VIRTUAL_CURRENCY_TRANSACTION: 'nothing',
}

let app: TestApp
let ada: User
beforeAll(async () => {
  app = await startTestApp()
  ada = await createUser(app, 'ada@example.com')
})
afterAll(() => app[Symbol.asyncDispose]())

/** Reads a sample, replaces its ids, which samples share, by unique ones, and its first name by Ada's. */
function sampleOf(file: string): PurchaseFields {
  const { event } = JSON.parse(readFileSync(`${folder}/${file}`, 'utf8')) as { event: Record<string, unknown> }
  const own: Record<string, unknown> = { ...event, id: `${file} ${String(event.id)}` }
  for (const id of ['transaction_id', 'original_transaction_id'])
    if (event[id]) own[id] = `${file} ${String(event[id])}`
  if (event.app_user_id) own.app_user_id = ada.id
  if (event.transferred_to) own.transferred_to = [ada.clerkId]
  return own
}

async function effectOf(file: string): Promise<string> {
  const rows = await app.app.db.prisma.planSubscription.findMany({ where: { key: { startsWith: file } } })
  const [row] = rows
  if (!row) return 'nothing'
  expect(rows).toMatchObject([{ userId: ada.id }])
  const until = accessEndsAt(row)?.toISOString().slice(0, 10) ?? 'ever'
  return `${statusOf(row, app.now)} until ${until}, ${row.willRenew ? 'renews' : 'ends'}`
}

describe.skipIf(files.length === 0)("RevenueCat's own samples", () => {
  test.each(files)('%s', async (file) => {
    const event = sampleOf(file)
    // One sample has the year 4466.
    app.now = new Date(Math.min(Number(event.event_timestamp_ms), Date.UTC(2030, 0)))
    await deliverAndProcess(app, event)
    await deliverAndProcess(app, event)
    expect(await app.app.db.prisma.billingEvent.count({ where: { eventId: String(event.id) } })).toBe(1)
    expect(await effectOf(file)).toBe(effects[file.replace('.json', '')])
  })

  test('samples of products that are not configured grant no credits', async () => {
    expect(await creditsOf(app, ada.id)).toBe(0)
  })

  test('the price has no effect', async () => {
    for (const [at, price] of [null, 0, -9.99, 'much'].entries()) {
      const pack = { product_id: 'credits_100', transaction_id: `pack ${at}`, original_transaction_id: `pack ${at}` }
      await deliverAndProcess(app, { ...sampleOf('NON_RENEWING_PURCHASE.json'), ...pack, id: `pack ${at}`, price })
    }
    expect(await creditsOf(app, ada.id)).toBe(400)
  })

  test("a paywall's event with the type EXPIRATION does not end a subscription", async () => {
    const before = await effectOf('INITIAL_PURCHASE.json')
    await deliverAndProcess(app, {
      ...sampleOf('PAYWALL_COMPONENT_INTERACTED.json'),
      type: 'EXPIRATION',
      id: 'a paywall',
    })
    expect(await effectOf('INITIAL_PURCHASE.json')).toBe(before)
  })
})
