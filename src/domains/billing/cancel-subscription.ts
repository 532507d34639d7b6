import type { Plans } from '../../config/plans.ts'
import type { PlanSubscription } from '../../generated/prisma/client.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/database/db.ts'
import { NotFound } from '../../platform/errors.ts'
import { configuredOnly } from './configured.ts'
import { ManagedElsewhere } from './errors.ts'
import type { RevenueCat } from './ports.ts'
import { recordCancellation } from './record-cancellation.ts'
import { doesRenew, renewalOf } from './renewal.ts'

export interface CancelPorts {
  readonly db: Database
  readonly revenueCat: RevenueCat
  readonly clock: Clock
}

/**
 * Ends the renewal of one of a person's subscriptions; access stays to its end. One that does not renew is left as it is,
 * without a call. Throws NotFound, ManagedElsewhere, ProviderUnavailable.
 */
export async function cancelSubscription(
  ports: CancelPorts & { readonly plans: Plans },
  { id, userId }: { readonly id: string; readonly userId: string },
): Promise<void> {
  const where = { id, userId, ...configuredOnly(ports.plans) }
  const subscription = await ports.db.prisma.planSubscription.findFirst({ where })
  if (!subscription) throw new NotFound('subscription')
  await cancelRenewal(ports, subscription)
}

/**
 * At the provider first, without a transaction that would wait for it, then here. Killed in between, it is done here by
 * doing it again, or by the provider's webhook.
 */
export async function cancelRenewal(ports: CancelPorts, subscription: PlanSubscription): Promise<void> {
  const { db, revenueCat, clock } = ports
  if (!doesRenew(subscription, clock())) return
  const outcome = await revenueCat.cancel(await renewalOf(db.prisma, subscription))
  if (outcome === 'elsewhere') throw await managedElsewhere(db, subscription)
  await db.transaction((tx) => recordCancellation(tx, revenueCat, { id: subscription.id, now: clock() }))
}

async function managedElsewhere({ prisma }: Database, subscription: PlanSubscription): Promise<ManagedElsewhere> {
  const { store, managementUrl, userId } = subscription
  const customer = await prisma.billingCustomer.findUnique({
    where: { userId: userId ?? '' },
    select: { managementUrl: true },
  })
  return new ManagedElsewhere(store, managementUrl ?? customer?.managementUrl ?? null)
}
