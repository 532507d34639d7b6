import type { IncomingHttpHeaders } from 'node:http'

/** An event of RevenueCat's webhook in Pacer's terms. A field is null if the event does not contain it. */
export interface PurchaseEvent {
  /** RevenueCat's id of the event, not always a UUID. */
  readonly eventId: string
  /** RENEWAL, TRANSFER, …. RevenueCat may add types; unknown ones have no effect. */
  readonly type: string
  readonly occurredAt: Date
  /** PRODUCTION or SANDBOX. Null counts as PRODUCTION. */
  readonly environment: string | null
  /** All names of the customer without duplicates: app user id, original app user id, aliases. Of a TRANSFER: the former owner's. */
  readonly names: readonly string[]
  /** Of a TRANSFER: the new owner's names. */
  readonly transferredTo: readonly string[]
  /** The id of the original transaction, otherwise of the transaction. */
  readonly subscriptionKey: string | null
  readonly transactionId: string | null
  readonly productId: string | null
  readonly entitlementKeys: readonly string[]
  /** APP_STORE, PLAY_STORE, RC_BILLING, … */
  readonly store: string | null
  /** TRIAL, INTRO, NORMAL, PROMOTIONAL, PREPAID. */
  readonly periodType: string | null
  readonly isFamilyShare: boolean
  readonly purchasedAt: Date | null
  /** Null for lifetime purchases. */
  readonly expiresAt: Date | null
  readonly graceEndsAt: Date | null
  readonly resumesAt: Date | null
  /** Of a cancellation or an expiration: UNSUBSCRIBE, CUSTOMER_SUPPORT, … */
  readonly reason: string | null
  /** The number of items bought, at least 1. */
  readonly quantity: number
}

/** A delivery whose sender was verified. */
export interface VerifiedPurchaseDelivery {
  readonly eventId: string
  readonly type: string
  readonly subject: string | null
  readonly contentType: string | null
  readonly sentAt: Date
}

/** Verifies and parses RevenueCat's webhook deliveries. */
export interface PurchaseWebhooks {
  readonly isConfigured: boolean
  /** Whether the Authorization value, and the presence and age of the signature, are valid: known before the body is read. */
  hasValidHeaders(head: { readonly headers: IncomingHttpHeaders; readonly now: Date }): boolean
  /**
   * Verifies that RevenueCat sent the delivery: by the Authorization value, the signature over the raw bytes, or both, as
   * configured. Returns 401 if it did not, and 400 if it did but the body cannot be parsed.
   */
  verify(delivery: {
    readonly body: Buffer
    readonly headers: IncomingHttpHeaders
    readonly now: Date
  }): VerifiedPurchaseDelivery | 400 | 401
  /** Parses a verified body. Throws if it is not a valid event. */
  read(body: Buffer): PurchaseEvent
}

/** A customer's subscription as RevenueCat's API returns it: the latest period only. */
export interface SnapshotSubscription {
  /** Includes the base plan if there is one: premium:monthly. */
  readonly productId: string
  readonly store: string
  readonly periodType: string | null
  readonly isSandbox: boolean
  readonly isFamilyShare: boolean
  readonly transactionId: string | null
  readonly startedAt: Date
  readonly purchasedAt: Date
  readonly expiresAt: Date | null
  readonly graceEndsAt: Date | null
  readonly resumesAt: Date | null
  readonly unsubscribedAt: Date | null
  readonly billingIssueAt: Date | null
  readonly refundedAt: Date | null
}

/** A purchase that does not renew. */
export interface SnapshotPurchase {
  readonly productId: string
  readonly store: string
  readonly isSandbox: boolean
  /** The store's transaction. If the API does not return it, only the webhook's events count. */
  readonly transactionId: string | null
  readonly purchasedAt: Date
}

/** The state of a customer at one time. */
export interface CustomerSnapshot {
  /** When RevenueCat created it. The later of two snapshots counts. */
  readonly requestedAt: Date
  readonly managementUrl: string | null
  readonly subscriptions: readonly SnapshotSubscription[]
  readonly purchases: readonly SnapshotPurchase[]
}

export interface WebPurchase {
  readonly userId: string
  readonly email: string | null
  readonly packageId: string
  readonly currency: string | null
}

/**
 * RevenueCat's API. Every call has a timeout, is retried on 429 and 5xx if the delay is short, and throws
 * ProviderUnavailable with the earliest time of the next attempt.
 */
export interface RevenueCat {
  /** Whether customers can be read. */
  readonly canRead: boolean
  /** Whether checkouts can be offered. */
  readonly canSell: boolean
  /** Reads a customer. RevenueCat creates the customer if it does not exist. */
  readCustomer(appUserId: string): Promise<CustomerSnapshot>
  /** Builds the URL of a web purchase, without a request. */
  purchaseLink(purchase: WebPurchase): URL
  /**
   * Turns off renewal at the end of the period. Idempotent. Resolves to 'elsewhere' if only the store can do it, or if the
   * configuration that it needs is missing.
   */
  cancel(subscription: {
    readonly names: readonly string[]
    readonly store: string | null
    readonly productId: string
    readonly transactionId: string | null
  }): Promise<'cancelled' | 'elsewhere'>
}
