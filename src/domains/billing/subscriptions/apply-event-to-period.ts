import type { StoredEvent } from '../events/event-order.ts'
import { occurredAtOf } from '../events/event-order.ts'

/** A billing period: one transaction of a store, paid or free. */
export interface Period {
  readonly transactionId: string | null
  readonly productId: string
  readonly entitlementKeys: string[]
  readonly store: string | null
  readonly periodType: string | null
  readonly isFamilyShare: boolean
  readonly purchasedAt: Date
  /** Null if it never ends. */
  readonly expiresAt: Date | null
  /** When its first event occurred. */
  readonly firstEventAt: Date
  readonly willRenew: boolean
  readonly billingIssueAt: Date | null
  readonly graceEndsAt: Date | null
  readonly pausedAt: Date | null
  readonly resumesAt: Date | null
  readonly expiredAt: Date | null
  /** The end according to its purchase. Null for lifetime, undefined if no purchase event was received. */
  readonly paidUntil: Date | null | undefined
  readonly refundedAt: Date | null
}

/** Pacer's own period type of temporary grants, which RevenueCat makes while it cannot reach the store. */
export const temporary = 'TEMPORARY'
const maxTemporaryGrantMs = 86_400_000

type Change = Partial<Period>
type Effect = (event: StoredEvent, period: Period) => Change

/** How each type of event changes its period. Other types have no effect. */
const effects: Readonly<Record<string, Effect>> = {
  INITIAL_PURCHASE: begin,
  RENEWAL: begin,
  NON_RENEWING_PURCHASE: (event) => ({ ...begin(event), willRenew: false }),
  TEMPORARY_ENTITLEMENT_GRANT: (event) => ({
    willRenew: false,
    periodType: temporary,
    expiresAt: temporaryGrantEnd(event),
  }),
  CANCELLATION: cancel,
  UNCANCELLATION: () => ({ willRenew: true, pausedAt: null, resumesAt: null }),
  BILLING_ISSUE: (event, period) => ({
    billingIssueAt: period.billingIssueAt ?? occurredAtOf(event),
    graceEndsAt: event.graceEndsAt ?? period.graceEndsAt,
  }),
  SUBSCRIPTION_PAUSED: (event) => ({ pausedAt: occurredAtOf(event), resumesAt: event.resumesAt }),
  SUBSCRIPTION_EXTENDED: () => ({ expiredAt: null }),
  EXPIRATION: (event) => ({ expiredAt: occurredAtOf(event) }),
  REFUND_REVERSED: () => ({ refundedAt: null, expiredAt: null }),
}

/** Whether an event changes a subscription. A paywall's event may have the type EXPIRATION, but without product and end. */
export function isLifecycle({ type, productId, purchasedAt, expiresAt }: StoredEvent): boolean {
  if (effects[type] === undefined || productId === null) return false
  if (type === 'TEMPORARY_ENTITLEMENT_GRANT') return true
  return purchasedAt !== null && (type !== 'EXPIRATION' || expiresAt !== null)
}

/** Returns the period after the event. `known` is the period after earlier events. */
export function applyToPeriod(event: StoredEvent, known: Period | undefined): Period {
  const period = withEventFields(event, known)
  return { ...period, ...effects[event.type]?.(event, period) }
}

/** Whether a payment failed. A failed payment begins no period. */
export function isFailedPayment({ type, reason }: StoredEvent): boolean {
  return type === 'BILLING_ISSUE' || (type === 'CANCELLATION' && reason === 'BILLING_ERROR')
}

/** Applies a failed payment whose period is not known to the newest period. */
export function applyFailure(event: StoredEvent, newest: Period): Period {
  return { ...newest, ...effects[event.type]?.(event, newest) }
}

function withEventFields(event: StoredEvent, known: Period | undefined): Period {
  const { transactionId, productId, entitlementKeys, store, periodType, isFamilyShare } = event
  const purchasedAt = event.purchasedAt ?? event.occurredAt
  // Only in a purchase does a missing end mean lifetime.
  const mayBeEndless = known === undefined || purchases.has(event.type)
  const expiresAt = event.expiresAt ?? (mayBeEndless ? null : known.expiresAt)
  const fields = { transactionId, productId: productId ?? '', entitlementKeys, store, periodType, isFamilyShare }
  return { ...(known ?? { ...initialState, firstEventAt: occurredAtOf(event) }), ...fields, purchasedAt, expiresAt }
}

const purchases: ReadonlySet<string> = new Set(['INITIAL_PURCHASE', 'RENEWAL', 'NON_RENEWING_PURCHASE'])

const initialState = {
  willRenew: true,
  billingIssueAt: null,
  graceEndsAt: null,
  pausedAt: null,
  resumesAt: null,
  expiredAt: null,
  refundedAt: null,
  paidUntil: undefined,
} as const

/** Keeps refundedAt: only REFUND_REVERSED clears it. */
function begin({ expiresAt }: StoredEvent): Change {
  const { refundedAt: _, ...fresh } = initialState
  return { ...fresh, paidUntil: expiresAt }
}

/** RevenueCat reports refunds as CANCELLATION with the reason CUSTOMER_SUPPORT. */
function cancel(event: StoredEvent, period: Period): Change {
  if (event.reason === 'CUSTOMER_SUPPORT') return { refundedAt: occurredAtOf(event) }
  if (event.reason !== 'BILLING_ERROR') return { willRenew: false }
  return { willRenew: false, billingIssueAt: period.billingIssueAt ?? occurredAtOf(event) }
}

function temporaryGrantEnd({ expiresAt, occurredAt }: StoredEvent): Date {
  return earlier(new Date(occurredAt.getTime() + maxTemporaryGrantMs), expiresAt)
}

function earlier(one: Date, other: Date | null): Date {
  return other !== null && other < one ? other : one
}
