import type { StoredEvent } from './event-order.ts'
import { toldAt } from './event-order.ts'

/** What a store took money for (or gave): one transaction, one stretch of time. */
export interface Period {
  readonly transactionId: string | null
  readonly productId: string
  readonly entitlementKeys: string[]
  readonly store: string | null
  readonly periodType: string | null
  readonly isFamilyShare: boolean
  readonly purchasedAt: Date
  /** Null: never. */
  readonly expiresAt: Date | null
  /** When it was first heard of. */
  readonly heardAt: Date
  readonly willRenew: boolean
  readonly billingIssueAt: Date | null
  readonly graceEndsAt: Date | null
  readonly pausedAt: Date | null
  readonly resumesAt: Date | null
  readonly expiredAt: Date | null
  /** Until when it was paid, by its purchase: null for ever, undefined where no purchase was heard of. */
  readonly paidUntil: Date | null | undefined
  readonly refundedAt: Date | null
}

/** Our own word for what RevenueCat lends while it cannot ask the store. */
export const temporary = 'TEMPORARY'
const longestLoanMs = 86_400_000

type Change = Partial<Period>
type Effect = (event: StoredEvent, period: Period) => Change

/** What an event does to its period; of types that are not here nothing follows. */
const effects: Readonly<Record<string, Effect>> = {
  INITIAL_PURCHASE: begin,
  RENEWAL: begin,
  NON_RENEWING_PURCHASE: (event) => ({ ...begin(event), willRenew: false }),
  TEMPORARY_ENTITLEMENT_GRANT: (event) => ({ willRenew: false, periodType: temporary, expiresAt: endOfLoan(event) }),
  CANCELLATION: cancel,
  UNCANCELLATION: () => ({ willRenew: true, pausedAt: null, resumesAt: null }),
  BILLING_ISSUE: (event, period) => ({
    billingIssueAt: period.billingIssueAt ?? toldAt(event),
    graceEndsAt: event.graceEndsAt ?? period.graceEndsAt,
  }),
  SUBSCRIPTION_PAUSED: (event) => ({ pausedAt: toldAt(event), resumesAt: event.resumesAt }),
  SUBSCRIPTION_EXTENDED: () => ({ expiredAt: null }),
  EXPIRATION: (event) => ({ expiredAt: toldAt(event) }),
  REFUND_REVERSED: () => ({ refundedAt: null, expiredAt: null }),
}

/** Whether anything follows from it. A paywall's event may be called EXPIRATION; it knows no product and no end. */
export function isLifecycle({ type, productId, purchasedAt, expiresAt }: StoredEvent): boolean {
  if (effects[type] === undefined || productId === null) return false
  if (type === 'TEMPORARY_ENTITLEMENT_GRANT') return true
  return purchasedAt !== null && (type !== 'EXPIRATION' || expiresAt !== null)
}

/** The period as the event leaves it. `known`: the same as earlier events left it. */
export function applyToPeriod(event: StoredEvent, known: Period | undefined): Period {
  const period = described(event, known)
  return { ...period, ...effects[event.type]?.(event, period) }
}

/** A payment that failed begins no period. */
export function isFailedPayment({ type, reason }: StoredEvent): boolean {
  return type === 'BILLING_ISSUE' || (type === 'CANCELLATION' && reason === 'BILLING_ERROR')
}

/** A failure that names no period which was heard of concerns the newest one. */
export function applyFailure(event: StoredEvent, newest: Period): Period {
  return { ...newest, ...effects[event.type]?.(event, newest) }
}

function described(event: StoredEvent, known: Period | undefined): Period {
  const { transactionId, productId, entitlementKeys, store, periodType, isFamilyShare } = event
  const purchasedAt = event.purchasedAt ?? event.occurredAt
  // Only a purchase can say that it never ends.
  const mayBeEndless = known === undefined || purchases.has(event.type)
  const expiresAt = event.expiresAt ?? (mayBeEndless ? null : known.expiresAt)
  const said = { transactionId, productId: productId ?? '', entitlementKeys, store, periodType, isFamilyShare }
  return { ...(known ?? { ...unheard, heardAt: toldAt(event) }), ...said, purchasedAt, expiresAt }
}

const purchases: ReadonlySet<string> = new Set(['INITIAL_PURCHASE', 'RENEWAL', 'NON_RENEWING_PURCHASE'])

const unheard = {
  willRenew: true,
  billingIssueAt: null,
  graceEndsAt: null,
  pausedAt: null,
  resumesAt: null,
  expiredAt: null,
  refundedAt: null,
  paidUntil: undefined,
} as const

/** A refund stays: only its reversal ends it. */
function begin({ expiresAt }: StoredEvent): Change {
  const { refundedAt: _, ...fresh } = unheard
  return { ...fresh, paidUntil: expiresAt }
}

/** There is no event for refunds but this one, with that reason. */
function cancel(event: StoredEvent, period: Period): Change {
  if (event.reason === 'CUSTOMER_SUPPORT') return { refundedAt: toldAt(event) }
  if (event.reason !== 'BILLING_ERROR') return { willRenew: false }
  return { willRenew: false, billingIssueAt: period.billingIssueAt ?? toldAt(event) }
}

function endOfLoan({ expiresAt, occurredAt }: StoredEvent): Date {
  return earlier(new Date(occurredAt.getTime() + longestLoanMs), expiresAt)
}

function earlier(one: Date, other: Date | null): Date {
  return other !== null && other < one ? other : one
}
