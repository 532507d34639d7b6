import type { Tx } from '../../../platform/database/db.ts'
import type { Log } from '../../../platform/observability/log.ts'
import { completeCheckouts } from '../checkouts/complete-checkouts.ts'
import type { StoredEvent } from '../events/event-order.ts'
import type { HashName } from '../events/hash-name.ts'
import { connectedNames, lockKeys } from '../events/lock-purchases.ts'
import { ownersOf } from '../events/owner-history.ts'
import { type ResolveUserId, resolveCustomer } from '../events/resolve-customer.ts'
import { isPermitted, type SandboxRules } from '../events/sandbox-rules.ts'
import { reconcileGrants } from '../grants/reconcile-grants.ts'
import { type WantedGrant, wantedMonths, wantedPacks } from '../grants/wanted-grants.ts'
import type { Plans } from '../plans/plans.ts'
import { productOf } from '../plans/product-of.ts'
import { assignEventKey } from './assign-event-key.ts'
import { foldSubscription } from './fold-subscription.ts'
import { writeSubscription } from './write-subscription.ts'

export interface PurchasePorts {
  readonly plans: Plans
  readonly sandbox: SandboxRules
  /** Whether subscriptions come from RevenueCat's API. Otherwise they are computed from its events. */
  readonly canRead: boolean
  readonly hashName: HashName
  readonly log: Log
}

/**
 * Computes subscriptions and packs from all their events, and updates rows and credits. Requires that their names are
 * locked. Credit packs always come from events, subscriptions only if the API is not configured. Resolves to the keys of
 * the subscriptions that it wrote.
 */
export async function foldPurchases(
  tx: Tx,
  ports: PurchasePorts,
  { keys, now }: { readonly keys: readonly string[]; readonly now: Date },
): Promise<ReadonlySet<string>> {
  if (keys.length === 0) return new Set()
  await lockKeys(tx, keys)
  const { events, transfers, resolveUserId } = await readEvents(tx, ports, keys)
  const wanted: WantedGrant[] = []
  const written = new Set<string>()
  for (const key of [...keys].sort()) {
    const byKind = Map.groupBy(
      events.filter(({ subscriptionKey }) => subscriptionKey === key),
      (event) => kindOf(ports.plans, event),
    )
    const packs = byKind.get('pack') ?? []
    wanted.push(...wantedPacks(ports.plans, packs, ownersOf(packs, transfers, resolveUserId)))
    const folded = ports.canRead
      ? null
      : foldSubscription({ events: byKind.get('subscription') ?? [], transfers, resolveUserId })
    if (!folded) continue
    const { facts, userId, owners, periods } = folded
    await assignEventKey(tx, { key, transactionId: facts.transactionId })
    await writeSubscription(tx, ports.plans, { key, userId, facts, now })
    wanted.push(...periods.flatMap((period) => wantedMonths(ports.plans, period, { key, owners }, now)))
    written.add(key)
  }
  const granted = await reconcileGrants(tx, wanted, { now, mayMove: true })
  for (const { userId, productKey, purchasedAt, source } of granted) {
    if (userId && source === 'PURCHASES') await completeCheckouts(tx, { userId, productKey, purchasedAt })
  }
  return written
}

/** A non-renewing purchase is a lifetime subscription only if a configured product says so. */
function kindOf(plans: Plans, { type, productId }: StoredEvent): 'pack' | 'subscription' | 'unknown' {
  const product = productId === null ? null : productOf(plans, productId)
  if (product?.kind === 'CREDIT_PACK') return 'pack'
  return product === null && type === 'NON_RENEWING_PURCHASE' ? 'unknown' : 'subscription'
}

interface EventsToFold {
  readonly events: readonly StoredEvent[]
  readonly transfers: readonly StoredEvent[]
  readonly resolveUserId: ResolveUserId
}

async function readEvents(
  tx: Tx,
  { sandbox, hashName }: PurchasePorts,
  keys: readonly string[],
): Promise<EventsToFold> {
  const counts = (event: StoredEvent) => isPermitted(event, sandbox)
  const ofKeys = await tx.billingEvent.findMany({ where: { subscriptionKey: { in: [...keys] } } })
  const events = ofKeys.filter(counts)
  const names = await connectedNames(tx, hashName, namesOf(events))
  const moved = await tx.billingEvent.findMany({
    where: { type: 'TRANSFER', OR: [{ names: { hasSome: names } }, { transferredTo: { hasSome: names } }] },
  })
  const transfers = moved.filter(counts)
  const { resolveUserId } = await resolveCustomer(tx, namesOf([...events, ...transfers]))
  return { events, transfers, resolveUserId }
}

/** All names in these events without duplicates. */
export function namesOf(events: readonly Pick<StoredEvent, 'names' | 'transferredTo'>[]): string[] {
  return [...new Set(events.flatMap(({ names, transferredTo }) => [...names, ...transferredTo]))]
}
