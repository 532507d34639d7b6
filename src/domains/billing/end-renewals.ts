import type { Tx } from '../../platform/database/db.ts'
import { enqueue } from '../../platform/queue/jobs.ts'
import type { Log } from '../../platform/watching/log.ts'
import { type CancelPorts, cancelRenewal } from './cancel-subscription.ts'
import { endRenewal } from './checkout-jobs.ts'
import type { RevenueCat } from './ports.ts'
import { doesRenew, type Renewal, renewalOf } from './renewal.ts'

/**
 * Ends the renewal of all that a person pays for, that nobody pays on who has left. What the family shares is another's.
 * Throws ManagedElsewhere for the first that only the store can end, ProviderUnavailable; the others before it are ended.
 */
export async function endRenewals(ports: CancelPorts, { userId }: { readonly userId: string }): Promise<void> {
  const where = { userId, willRenew: true, isFamilyShare: false }
  const subscriptions = await ports.db.prisma.planSubscription.findMany({ where, orderBy: { id: 'asc' } })
  for (const subscription of subscriptions) await cancelRenewal(ports, subscription)
}

/** The same as jobs, for somebody who is being deleted whatever becomes of them. */
export async function endRenewalsLater(
  tx: Tx,
  { userId, now }: { readonly userId: string; readonly now: Date },
): Promise<void> {
  const where = { userId, willRenew: true, isFamilyShare: false }
  for (const subscription of await tx.planSubscription.findMany({ where, orderBy: { id: 'asc' } })) {
    if (!doesRenew(subscription, now)) continue
    await enqueue(tx, endRenewal, await renewalOf(tx, subscription), { key: subscription.id })
  }
}

/** One of them. What only the store can end is told to whoever reads the log: the person is gone. */
export async function endRenewalOf(
  { revenueCat, log }: { readonly revenueCat: RevenueCat; readonly log: Log },
  renewal: Renewal,
): Promise<void> {
  if ((await revenueCat.cancel(renewal)) === 'cancelled') return
  const { store, productId, transactionId } = renewal
  log.warn({ store, productId, transactionId }, 'a deleted person goes on paying: only the store can end it')
}
