import type { Tx } from '../../../platform/database/db.ts'
import { enqueue } from '../../../platform/jobs/define-job.ts'
import type { Log } from '../../../platform/observability/log.ts'
import type { Viewer } from '../../users/index.ts'
import { endRenewal } from '../checkouts/job-types.ts'
import type { RevenueCat } from '../ports.ts'
import type { BillingServices } from '../services.ts'
import { cancelRenewal } from './cancel-subscription.ts'
import { describeRenewal, doesRenew, type Renewal } from './describe-renewal.ts'

/**
 * Turns off the renewal of all subscriptions that the user pays for, so that a deleted user is not charged again. Family
 * shares are paid by another user. Throws ManagedElsewhere for the first that only the store can cancel, and
 * ProviderUnavailable; those before it stay cancelled.
 */
export async function endRenewals(services: BillingServices, viewer: Viewer): Promise<void> {
  const where = { userId: viewer.id, willRenew: true, isFamilyShare: false }
  const subscriptions = await services.db.prisma.planSubscription.findMany({ where, orderBy: { id: 'asc' } })
  for (const subscription of subscriptions) await cancelRenewal(services, viewer, subscription)
}

/** Adds jobs that do the same. The deletion of the user does not depend on their result. */
export async function endRenewalsLater(
  tx: Tx,
  { userId, now }: { readonly userId: string; readonly now: Date },
): Promise<void> {
  const where = { userId, willRenew: true, isFamilyShare: false }
  for (const subscription of await tx.planSubscription.findMany({ where, orderBy: { id: 'asc' } })) {
    if (!doesRenew(subscription, now)) continue
    await enqueue(tx, endRenewal, await describeRenewal(tx, subscription), { key: subscription.id })
  }
}

/** Turns off one renewal. One that only the store can cancel is logged, because the user is deleted. */
export async function endRenewalOf(
  { revenueCat, log }: { readonly revenueCat: RevenueCat; readonly log: Log },
  renewal: Renewal,
): Promise<void> {
  if ((await revenueCat.cancel(renewal)) === 'cancelled') return
  const { store, productId, transactionId } = renewal
  log.warn(
    { store, productId, transactionId },
    'a deleted user is still charged: only the store can cancel the subscription',
  )
}
