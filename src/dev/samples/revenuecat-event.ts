import { randomUUID } from 'node:crypto'

/** Fields of an event by RevenueCat's names. */
export type PurchaseFields = Readonly<Record<string, unknown>>

const day = 86_400_000
const creditPacks = new Set(['NON_RENEWING_PURCHASE', 'VIRTUAL_CURRENCY_TRANSACTION'])

/**
 * An invented event in the shape of RevenueCat's, of a paid month in the App Store that began at the instant, but for
 * what its type and the changes say.
 */
export function purchaseEventOf(type: string, at: Date, changes: PurchaseFields = {}): PurchaseFields {
  const always = { type, id: randomUUID().toUpperCase(), event_timestamp_ms: at.getTime(), app_id: 'app_development' }
  if (type === 'TRANSFER') return { ...always, store: 'APP_STORE', environment: 'PRODUCTION', ...changes }
  const who = changes.app_user_id ?? 'app_user'
  // Sent while RevenueCat cannot ask the store, so it knows little else.
  if (type === 'TEMPORARY_ENTITLEMENT_GRANT') return { ...always, app_user_id: who, store: 'APP_STORE', ...changes }
  const transaction = changes.transaction_id ?? '100000000000001'
  return {
    ...always,
    app_user_id: who,
    original_app_user_id: who,
    aliases: [who],
    country_code: 'US',
    currency: 'USD',
    entitlement_id: null,
    entitlement_ids: creditPacks.has(type) ? null : ['plus'],
    environment: 'PRODUCTION',
    expiration_at_ms: creditPacks.has(type) ? null : at.getTime() + 30 * day,
    is_family_share: false,
    offer_code: null,
    original_transaction_id: transaction,
    period_type: 'NORMAL',
    presented_offering_id: 'default',
    price: 9.99,
    price_in_purchased_currency: 9.99,
    product_id: creditPacks.has(type) ? 'credits_500' : 'plus_monthly',
    purchased_at_ms: at.getTime(),
    store: 'APP_STORE',
    subscriber_attributes: {},
    takehome_percentage: 0.7,
    transaction_id: transaction,
    ...fieldsOf(type, at),
    ...changes,
  }
}

/** What a type says besides, or otherwise. */
function fieldsOf(type: string, at: Date): PurchaseFields {
  const fields: Readonly<Record<string, PurchaseFields>> = {
    TEST: { environment: 'SANDBOX', transaction_id: null, original_transaction_id: null, entitlement_ids: null },
    RENEWAL: { is_trial_conversion: false, renewal_number: 2 },
    CANCELLATION: { cancel_reason: 'UNSUBSCRIBE' },
    EXPIRATION: { expiration_reason: 'UNSUBSCRIBE', expiration_at_ms: at.getTime() },
    BILLING_ISSUE: { grace_period_expiration_at_ms: at.getTime() + 16 * day },
    SUBSCRIPTION_PAUSED: { store: 'PLAY_STORE', auto_resume_at_ms: at.getTime() + 60 * day },
    PRODUCT_CHANGE: { new_product_id: 'pro_monthly' },
    INVOICE_ISSUANCE: { store: 'RC_BILLING', expiration_at_ms: null, period_type: null, transaction_id: null },
  }
  return fields[type] ?? {}
}
