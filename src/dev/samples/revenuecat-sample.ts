import { createHash, createHmac } from 'node:crypto'
import type { Plans } from '../../config/plans.ts'
import { developmentClerkId } from '../identity.ts'
import { type PurchaseFields, purchaseEventOf } from './revenuecat-event.ts'
import type { SampleDelivery } from './sample-delivery.ts'

export interface PurchaseSampleWish {
  readonly type: string
  readonly email: string
  /** Another name at RevenueCat than the Clerk id of whoever signs in here with the address. */
  readonly appUserId?: string | undefined
  /** What the store calls it; one of the plans' unless told. */
  readonly product?: string | undefined
  readonly transaction?: string | undefined
  readonly reason?: string | undefined
  /** Of a TRANSFER: the address of whoever gains. */
  readonly to?: string | undefined
  readonly now: Date
}

/** How RevenueCat is configured to prove itself; what is undefined is left out. */
export interface PurchaseProof {
  readonly authorization?: string | undefined
  readonly secret?: string | undefined
}

/** An invented event in the shape of RevenueCat's, signed as it does. */
export function purchaseSample(proof: PurchaseProof, plans: Plans, wish: PurchaseSampleWish): SampleDelivery {
  const event = purchaseEventOf(wish.type, wish.now, fieldsOf(plans, wish))
  const body = JSON.stringify({ api_version: '1.0', event })
  const seconds = Math.floor(wish.now.getTime() / 1_000)
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

/** The same person and product are the same subscription; renewing it and buying credits are new transactions of theirs. */
function fieldsOf({ products }: Plans, wish: PurchaseSampleWish): PurchaseFields {
  const { type, email, appUserId = developmentClerkId(email), to, now } = wish
  if (type === 'TRANSFER') {
    return { transferred_from: [appUserId], transferred_to: [developmentClerkId(to ?? 'bob@example.com')] }
  }
  const kind = type === 'NON_RENEWING_PURCHASE' ? 'CREDIT_PACK' : 'SUBSCRIPTION'
  const bought = products.find((product) =>
    wish.product === undefined ? product.kind === kind : product.storeProducts.includes(wish.product),
  )
  const product_id = wish.product ?? bought?.storeProducts[0]
  const original = `dev_${createHash('sha256').update(`${appUserId} ${product_id}`).digest('hex').slice(0, 16)}`
  const isNew = type === 'RENEWAL' || type === 'NON_RENEWING_PURCHASE'
  const transaction_id = wish.transaction ?? (isNew ? `${original}_${now.getTime()}` : original)
  return {
    app_user_id: appUserId,
    product_id,
    entitlement_ids: bought?.entitlements ?? null,
    transaction_id,
    original_transaction_id: kind === 'CREDIT_PACK' ? transaction_id : original,
    ...(wish.reason && { [type === 'EXPIRATION' ? 'expiration_reason' : 'cancel_reason']: wish.reason }),
    subscriber_attributes: { $email: { value: email, updated_at_ms: now.getTime() } },
  }
}

const sign = (secret: string, text: string) => createHmac('sha256', secret).update(text).digest('hex')
