import { randomUUID } from 'node:crypto'

/** Fields of an event with RevenueCat's names. */
export type PurchaseFields = Readonly<Record<string, unknown>>

const day = 86_400_000
const creditPacks = new Set(['NON_RENEWING_PURCHASE', 'VIRTUAL_CURRENCY_TRANSACTION'])

/**
 * A sample event in RevenueCat's format: a paid month in the App Store that starts at the instant, with the fields of its
 * type and the changes.
 */
export function samplePurchaseEvent(type: string, at: Date, changes: PurchaseFields = {}): PurchaseFields {
  const common = { type, id: randomUUID().toUpperCase(), event_timestamp_ms: at.getTime(), app_id: 'app_development' }
  if (type === 'TRANSFER') return { ...common, store: 'APP_STORE', environment: 'PRODUCTION', ...changes }
  const appUserId = changes.app_user_id ?? 'app_user'
  // Sent while RevenueCat cannot reach the store, so it has few fields.
  if (type === 'TEMPORARY_ENTITLEMENT_GRANT') {
    return { ...common, app_user_id: appUserId, store: 'APP_STORE', ...changes }
  }
  const transaction = changes.transaction_id ?? '100000000000001'
  return {
    ...common,
    app_user_id: appUserId,
    original_app_user_id: appUserId,
    aliases: [appUserId],
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

/** The fields that differ by type. */
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
