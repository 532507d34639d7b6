import { createHash, createHmac } from 'node:crypto'
import type { Plans } from '../../domains/billing/index.ts'
import { developmentClerkId } from '../identity.ts'
import { type PurchaseFields, samplePurchaseEvent } from './revenuecat-event.ts'
import type { SampleDelivery } from './sample-delivery.ts'

export interface PurchaseSampleInput {
  readonly type: string
  readonly email: string
  /** Another RevenueCat id than the Clerk id that belongs to the e-mail address. */
  readonly appUserId?: string | undefined
  /** The store's product id. Default: a product of the plans. */
  readonly product?: string | undefined
  readonly transaction?: string | undefined
  readonly reason?: string | undefined
  /** For a TRANSFER: the e-mail address of the receiving user. */
  readonly to?: string | undefined
  readonly now: Date
}

/** The credentials of RevenueCat's webhooks; undefined ones are omitted. */
export interface PurchaseProof {
  readonly authorization?: string | undefined
  readonly secret?: string | undefined
}

/** A sample event in RevenueCat's format, authenticated as RevenueCat does. */
export function purchaseSample(proof: PurchaseProof, plans: Plans, input: PurchaseSampleInput): SampleDelivery {
  const event = samplePurchaseEvent(input.type, input.now, fieldsOf(plans, input))
  const body = JSON.stringify({ api_version: '1.0', event })
  const seconds = Math.floor(input.now.getTime() / 1_000)
  const { authorization, secret } = proof
  return {
    eventId: String(event.id),
    body,
    headers: {
      'content-type': 'application/json',
      ...(authorization && { authorization }),
      ...(secret && { 'x-revenuecat-webhook-signature': `t=${seconds},v1=${sign(secret, `${seconds}.${body}`)}` }),
    },
  }
}

/** The same user and product are the same subscription. A renewal and a credit pack have a new transaction. */
function fieldsOf({ products }: Plans, input: PurchaseSampleInput): PurchaseFields {
  const { type, email, appUserId = developmentClerkId(email), to, now } = input
  if (type === 'TRANSFER') {
    return { transferred_from: [appUserId], transferred_to: [developmentClerkId(to ?? 'bob@example.com')] }
  }
  const kind = type === 'NON_RENEWING_PURCHASE' ? 'CREDIT_PACK' : 'SUBSCRIPTION'
  const bought = products.find((product) =>
    input.product === undefined ? product.kind === kind : product.storeProducts.includes(input.product),
  )
  const product_id = input.product ?? bought?.storeProducts[0]
  const original = `dev_${createHash('sha256').update(`${appUserId} ${product_id}`).digest('hex').slice(0, 16)}`
  const isNew = type === 'RENEWAL' || type === 'NON_RENEWING_PURCHASE'
  const transaction_id = input.transaction ?? (isNew ? `${original}_${now.getTime()}` : original)
  return {
    app_user_id: appUserId,
    product_id,
    entitlement_ids: bought?.entitlements ?? null,
    transaction_id,
    original_transaction_id: kind === 'CREDIT_PACK' ? transaction_id : original,
    ...(input.reason && { [type === 'EXPIRATION' ? 'expiration_reason' : 'cancel_reason']: input.reason }),
    subscriber_attributes: { $email: { value: email, updated_at_ms: now.getTime() } },
  }
}

const sign = (secret: string, text: string) => createHmac('sha256', secret).update(text).digest('hex')
