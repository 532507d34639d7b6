import type { PlanSubscription } from '../../../generated/prisma/client.ts'

export const subscriptionStatuses = [
  'TRIALING',
  'ACTIVE',
  'CANCELLED',
  'GRACE_PERIOD',
  'BILLING_ISSUE',
  'PAUSED',
  'EXPIRED',
] as const
export type SubscriptionStatus = (typeof subscriptionStatuses)[number]

type Ends = Pick<PlanSubscription, 'expiresAt' | 'graceEndsAt' | 'endedAt'>
type Facts = Ends & Pick<PlanSubscription, 'periodType' | 'willRenew' | 'billingIssueAt' | 'pausedAt' | 'refundedAt'>

/** When access ends unless an event extends it. Null if never. A late or lost EXPIRATION cannot extend access. */
export function accessEndsAt({ expiresAt, graceEndsAt, endedAt }: Ends): Date | null {
  if (endedAt || expiresAt === null) return endedAt
  return graceEndsAt && graceEndsAt > expiresAt ? graceEndsAt : expiresAt
}

export function isActive(subscription: Ends, now: Date): boolean {
  const end = accessEndsAt(subscription)
  return end === null || now < end
}

/** The status that users see at a time. */
export function statusOf(subscription: Facts, now: Date): SubscriptionStatus {
  const { periodType, willRenew, expiresAt, graceEndsAt, billingIssueAt, pausedAt, endedAt, refundedAt } = subscription
  if (!isActive(subscription, now)) {
    if (pausedAt && !refundedAt) return 'PAUSED'
    return billingIssueAt && !endedAt ? 'BILLING_ISSUE' : 'EXPIRED'
  }
  if (billingIssueAt) return graceEndsAt && now < graceEndsAt ? 'GRACE_PERIOD' : 'BILLING_ISSUE'
  if (!willRenew && expiresAt) return 'CANCELLED'
  return periodType === 'TRIAL' ? 'TRIALING' : 'ACTIVE'
}
