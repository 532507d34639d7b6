/** The inbox's name for RevenueCat. */
export const revenueCatSource = 'revenuecat'

/** The types of events that have an effect. */
export const revenueCatTypes = [
  'INITIAL_PURCHASE',
  'RENEWAL',
  'CANCELLATION',
  'UNCANCELLATION',
  'NON_RENEWING_PURCHASE',
  'SUBSCRIPTION_PAUSED',
  'SUBSCRIPTION_EXTENDED',
  'EXPIRATION',
  'BILLING_ISSUE',
  'PRODUCT_CHANGE',
  'REFUND_REVERSED',
  'TRANSFER',
  'TEMPORARY_ENTITLEMENT_GRANT',
  'TEST',
] as const
