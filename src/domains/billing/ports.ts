import type { IncomingHttpHeaders } from 'node:http'

/** What RevenueCat tells of a purchase, in our words; nulls where it says nothing. Source: its webhook's fields. */
export interface PurchaseEvent {
  /** RevenueCat's own id of the event: not always a UUID. */
  readonly eventId: string
  /** RENEWAL, TRANSFER, …: types grow, unknown ones have no effect. */
  readonly type: string
  readonly occurredAt: Date
  /** PRODUCTION or SANDBOX; null where it does not say, which then counts as PRODUCTION. */
  readonly environment: string | null
  /** Everybody's names in it, each once: app user id, original app user id, aliases. Of a TRANSFER: who loses. */
  readonly names: readonly string[]
  /** Of a TRANSFER: who gains. */
  readonly transferredTo: readonly string[]
  /** The original transaction's id, else the transaction's. */
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
  /** Null for what never ends. */
  readonly expiresAt: Date | null
  readonly graceEndsAt: Date | null
  readonly resumesAt: Date | null
  /** Of a cancellation or an expiration: UNSUBSCRIBE, CUSTOMER_SUPPORT, … */
  readonly reason: string | null
  /** How many were bought, at least 1. */
  readonly quantity: number
}

/** A delivery that was let in. */
export interface VerifiedPurchaseDelivery {
  readonly eventId: string
  readonly type: string
  readonly subject: string | null
  readonly contentType: string | null
  readonly sentAt: Date
}

/** RevenueCat's webhooks: who may send them and what they say. */
export interface PurchaseWebhooks {
  readonly isConfigured: boolean
  /**
   * Whether it comes from RevenueCat: the Authorization value, the signature over the raw bytes, or both, as configured.
   * 401: it does not; 400: it does, and cannot be read.
   */
  verify(delivery: {
    readonly body: Buffer
    readonly headers: IncomingHttpHeaders
    readonly now: Date
  }): VerifiedPurchaseDelivery | 400 | 401
  /** What a verified body says. Throws when it cannot be understood. */
  read(body: Buffer): PurchaseEvent
}

/** A subscription of a customer as RevenueCat's API sees it: the latest period only. */
export interface SnapshotSubscription {
  /** With the base plan where it has one: premium:monthly. */
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
  /** The store's transaction; null where the API does not say, and then its webhook alone counts. */
  readonly transactionId: string | null
  readonly purchasedAt: Date
}

/** A customer at an instant. */
export interface CustomerSnapshot {
  /** When RevenueCat made it: of two, the later one counts. */
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
 * RevenueCat's API. Every call is bounded in time, tried again on 429 and 5xx as long as that is short, and throws
 * ProviderUnavailable with the instant from which on it may be tried again.
 */
export interface RevenueCat {
  /** Whether customers can be read. */
  readonly canRead: boolean
  /** Whether checkouts can be offered. */
  readonly canSell: boolean
  /** Reads a customer, and makes it where there is none. */
  readCustomer(appUserId: string): Promise<CustomerSnapshot>
  /** Where somebody buys on the web; no call is made. */
  purchaseLink(purchase: WebPurchase): URL
  /**
   * Ends renewal at the end of the period. 'elsewhere': the store must do it, or what we would need is not configured.
   * Again: as once.
   */
  cancel(subscription: {
    readonly names: readonly string[]
    readonly store: string | null
    readonly productId: string
    readonly transactionId: string | null
  }): Promise<'cancelled' | 'elsewhere'>
}
