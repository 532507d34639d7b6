import type { PlanSubscription } from '../../../generated/prisma/client.ts'
import type { Database } from '../../../platform/database/db.ts'
import { NotFound } from '../../../platform/errors.ts'
import { runAs, type Viewer } from '../../users/index.ts'
import { ManagedElsewhere } from '../errors.ts'
import { billingMessages } from '../messages.ts'
import { onlyConfiguredProducts } from '../plans/only-configured-products.ts'
import type { BillingServices } from '../services.ts'
import { describeRenewal, doesRenew } from './describe-renewal.ts'
import { recordCancellation } from './record-cancellation.ts'

/**
 * Turns off the renewal of one of the user's subscriptions. Access continues to the end of the period. If it does not
 * renew, nothing is changed and no request is made. Throws NotFound, ManagedElsewhere, ProviderUnavailable.
 */
export async function cancelSubscription(services: BillingServices, viewer: Viewer, id: string): Promise<void> {
  const where = { id, userId: viewer.id, ...onlyConfiguredProducts(services.plans) }
  const subscription = await services.db.prisma.planSubscription.findFirst({ where })
  if (!subscription) throw new NotFound(billingMessages.subscriptionNotFound())
  await cancelRenewal(services, viewer, subscription)
}

/**
 * Cancels at the provider first, outside of any transaction, then stores the result. If the process is killed between, a
 * second request or the provider's webhook stores it.
 */
export async function cancelRenewal(
  services: BillingServices,
  viewer: Viewer,
  subscription: PlanSubscription,
): Promise<void> {
  const { db, revenueCat, clock } = services
  if (!doesRenew(subscription, clock())) return
  const outcome = await revenueCat.cancel(await describeRenewal(db.prisma, subscription))
  if (outcome === 'elsewhere') throw await managedElsewhere(db, subscription)
  await runAs(services, viewer, (tx) => recordCancellation(tx, services, { id: subscription.id, now: clock() }))
}

async function managedElsewhere({ prisma }: Database, subscription: PlanSubscription): Promise<ManagedElsewhere> {
  const { store, managementUrl, userId } = subscription
  const customer = await prisma.billingCustomer.findUnique({
    where: { userId: userId ?? '' },
    select: { managementUrl: true },
  })
  return new ManagedElsewhere(store, managementUrl ?? customer?.managementUrl ?? null)
}
