import { z } from 'zod'
import type { CustomerSnapshot, SnapshotPurchase, SnapshotSubscription } from '../../domains/billing/ports.ts'
import { type Api, RevenueCatRefused } from './api.ts'
import { flag, id, instant, word } from './fields.ts'

const date = z.iso.datetime({ offset: true }).transform((text) => new Date(text))
const dateOrNull = date.nullish().transform((value) => value ?? null)

/** Clients open this URL, so it must be https. */
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

const responseBody = z.object({
  request_date_ms: instant,
  subscriber: z.object({
    management_url: managementUrl,
    subscriptions: z.record(z.string(), subscription).nullish(),
    non_subscriptions: z.record(z.string(), z.array(purchase)).nullish(),
  }),
})

/** Reads a customer by API v1, which creates an unknown one. Throws if the response has an unexpected format. */
export async function readCustomer(request: Api, appUserId: string): Promise<CustomerSnapshot> {
  const response = await request('GET', `/v1/subscribers/${encodeURIComponent(appUserId)}`)
  if (!response.isOk) throw new RevenueCatRefused('show a customer', response)
  return toSnapshot(response.body)
}

/** Throws for an unreadable subscription instead of omitting it: one that is not in the snapshot counts as ended. */
export function toSnapshot(body: unknown): CustomerSnapshot {
  const { request_date_ms: requestedAt, subscriber } = responseBody.parse(body)
  return {
    requestedAt,
    managementUrl: subscriber.management_url ?? null,
    subscriptions: Object.entries(subscriber.subscriptions ?? {}).map(([key, one]) => toSubscription(key, one)),
    purchases: Object.entries(subscriber.non_subscriptions ?? {}).flatMap(([key, many]) =>
      many.map((one) => toPurchase(key, one)),
    ),
  }
}

/** Subscriptions granted in RevenueCat's dashboard have a normal period in this API and a promotional one in events. */
function toSubscription(product: string, fields: z.infer<typeof subscription>): SnapshotSubscription {
  const { product_plan_identifier: plan } = fields
  const store = fields.store ?? unknownStore
  return {
    productId: plan && !product.includes(':') ? `${product}:${plan}` : product,
    store,
    periodType: store === 'PROMOTIONAL' ? 'PROMOTIONAL' : fields.period_type,
    isSandbox: fields.is_sandbox,
    isFamilyShare: fields.ownership_type === 'FAMILY_SHARED',
    transactionId: fields.store_transaction_id,
    startedAt: fields.original_purchase_date ?? fields.purchase_date,
    purchasedAt: fields.purchase_date,
    expiresAt: fields.expires_date,
    graceEndsAt: fields.grace_period_expires_date,
    resumesAt: fields.auto_resume_date,
    unsubscribedAt: fields.unsubscribe_detected_at,
    billingIssueAt: fields.billing_issues_detected_at,
    refundedAt: fields.refunded_at,
  }
}

function toPurchase(productId: string, fields: z.infer<typeof purchase>): SnapshotPurchase {
  return {
    productId,
    store: fields.store ?? unknownStore,
    isSandbox: fields.is_sandbox,
    transactionId: fields.store_transaction_id,
    purchasedAt: fields.purchase_date,
  }
}

const unknownStore = 'UNKNOWN'
