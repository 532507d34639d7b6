import { z } from 'zod'
import type { CustomerSnapshot, SnapshotPurchase, SnapshotSubscription } from '../../domains/billing/ports.ts'
import { type Api, RevenueCatRefused } from './api.ts'
import { flag, id, instant, word } from './fields.ts'

const date = z.iso.datetime({ offset: true }).transform((text) => new Date(text))
const dateOrNull = date.nullish().transform((value) => value ?? null)

/** People are sent there. */
const managementUrl = z
  .url({ protocol: /^https$/ })
  .nullish()
  .catch(null)

const subscription = z.object({
  store: word,
  store_transaction_id: id,
  product_plan_identifier: id,
  period_type: word,
  ownership_type: word,
  is_sandbox: flag,
  original_purchase_date: dateOrNull,
  purchase_date: date,
  expires_date: dateOrNull,
  grace_period_expires_date: dateOrNull,
  auto_resume_date: dateOrNull,
  unsubscribe_detected_at: dateOrNull,
  billing_issues_detected_at: dateOrNull,
  refunded_at: dateOrNull,
})

const purchase = z.object({ store: word, store_transaction_id: id, is_sandbox: flag, purchase_date: date })

const answer = z.object({
  request_date_ms: instant,
  subscriber: z.object({
    management_url: managementUrl,
    subscriptions: z.record(z.string(), subscription).nullish(),
    non_subscriptions: z.record(z.string(), z.array(purchase)).nullish(),
  }),
})

/** Reads a customer by API v1, which makes it where there is none. Throws where the answer cannot be understood. */
export async function readCustomer(ask: Api, appUserId: string): Promise<CustomerSnapshot> {
  const said = await ask('GET', `/v1/subscribers/${encodeURIComponent(appUserId)}`)
  if (!said.isOk) throw new RevenueCatRefused('show a customer', said)
  return toSnapshot(said.body)
}

/** Nothing is left out of what cannot be read: a subscription that is not in a snapshot counts as ended. */
export function toSnapshot(body: unknown): CustomerSnapshot {
  const { request_date_ms: requestedAt, subscriber } = answer.parse(body)
  return {
    requestedAt,
    managementUrl: subscriber.management_url ?? null,
    subscriptions: Object.entries(subscriber.subscriptions ?? {}).map(([key, one]) => toSubscription(key, one)),
    purchases: Object.entries(subscriber.non_subscriptions ?? {}).flatMap(([key, many]) =>
      many.map((one) => toPurchase(key, one)),
    ),
  }
}

/** What RevenueCat gave by hand is a normal period here, and a promotional one in events. */
function toSubscription(product: string, said: z.infer<typeof subscription>): SnapshotSubscription {
  const { product_plan_identifier: plan } = said
  const store = said.store ?? unknownStore
  return {
    productId: plan && !product.includes(':') ? `${product}:${plan}` : product,
    store,
    periodType: store === 'PROMOTIONAL' ? 'PROMOTIONAL' : said.period_type,
    isSandbox: said.is_sandbox,
    isFamilyShare: said.ownership_type === 'FAMILY_SHARED',
    transactionId: said.store_transaction_id,
    startedAt: said.original_purchase_date ?? said.purchase_date,
    purchasedAt: said.purchase_date,
    expiresAt: said.expires_date,
    graceEndsAt: said.grace_period_expires_date,
    resumesAt: said.auto_resume_date,
    unsubscribedAt: said.unsubscribe_detected_at,
    billingIssueAt: said.billing_issues_detected_at,
    refundedAt: said.refunded_at,
  }
}

function toPurchase(productId: string, said: z.infer<typeof purchase>): SnapshotPurchase {
  return {
    productId,
    store: said.store ?? unknownStore,
    isSandbox: said.is_sandbox,
    transactionId: said.store_transaction_id,
    purchasedAt: said.purchase_date,
  }
}

const unknownStore = 'UNKNOWN'
