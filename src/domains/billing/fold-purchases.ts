import type { Plans } from '../../config/plans.ts'
import type { Tx } from '../../platform/database/db.ts'
import type { Log } from '../../platform/watching/log.ts'
import { adoptRow } from './adopt-row.ts'
import { completeCheckouts } from './complete-checkouts.ts'
import type { StoredEvent } from './event-order.ts'
import { foldSubscription } from './fold-subscription.ts'
import { connectedNames, lockKeys } from './lock-purchases.ts'
import { ownersOf } from './owners.ts'
import { productOf } from './product-of.ts'
import { reconcileGrants } from './reconcile-grants.ts'
import { isPermitted, type SandboxRules } from './sandbox.ts'
import { type WantedGrant, wantedMonths, wantedPacks } from './wanted-grants.ts'
import { type WhoIs, whoIs } from './who-is.ts'
import { writeSubscription } from './write-subscription.ts'

export interface PurchasePorts {
  readonly plans: Plans
  readonly sandbox: SandboxRules
  /** Whether RevenueCat's API says what somebody subscribes to; otherwise its events do. */
  readonly canRead: boolean
  readonly log: Log
}

/**
 * Computes subscriptions and packs anew from all that was ever told about them, and makes rows and credits follow. Names
 * are locked. Credit packs come from events always, subscriptions where the API is not read. Answers the keys of the
 * subscriptions that it wrote.
 */
export async function foldPurchases(
  tx: Tx,
  ports: PurchasePorts,
  { keys, now }: { readonly keys: readonly string[]; readonly now: Date },
): Promise<ReadonlySet<string>> {
  if (keys.length === 0) return new Set()
  await lockKeys(tx, keys)
  const { events, transfers, who } = await readStories(tx, ports.sandbox, keys)
  const wanted: WantedGrant[] = []
  const written = new Set<string>()
  for (const key of [...keys].sort()) {
    const told = Map.groupBy(
      events.filter(({ subscriptionKey }) => subscriptionKey === key),
      (event) => kindOf(ports.plans, event),
    )
    const packs = told.get('pack') ?? []
    wanted.push(...wantedPacks(ports.plans, packs, ownersOf(packs, transfers, who)))
    const folded = ports.canRead ? null : foldSubscription({ events: told.get('subscription') ?? [], transfers, who })
    if (!folded) continue
    const { facts, userId, owners, periods } = folded
    await adoptRow(tx, { key, transactionId: facts.transactionId })
    await writeSubscription(tx, ports.plans, { key, userId, facts, now })
    wanted.push(...periods.flatMap((period) => wantedMonths(ports.plans, period, { key, owners }, now)))
    written.add(key)
  }
  const gave = await reconcileGrants(tx, wanted, { now, mayMove: true })
  for (const { userId, productKey, purchasedAt, source } of gave) {
    if (userId && source === 'PURCHASES') await completeCheckouts(tx, { userId, productKey, purchasedAt })
  }
  return written
}

/** What does not renew is a subscription for ever only where a product says that it is one. */
function kindOf(plans: Plans, { type, productId }: StoredEvent): 'pack' | 'subscription' | 'unknown' {
  const product = productId === null ? null : productOf(plans, productId)
  if (product?.kind === 'CREDIT_PACK') return 'pack'
  return product === null && type === 'NON_RENEWING_PURCHASE' ? 'unknown' : 'subscription'
}

interface Stories {
  readonly events: readonly StoredEvent[]
  readonly transfers: readonly StoredEvent[]
  readonly who: WhoIs
}

async function readStories(tx: Tx, sandbox: SandboxRules, keys: readonly string[]): Promise<Stories> {
  const counts = (event: StoredEvent) => isPermitted(event, sandbox)
  const ofKeys = await tx.billingEvent.findMany({ where: { subscriptionKey: { in: [...keys] } } })
  const events = ofKeys.filter(counts)
  const names = await connectedNames(tx, namesOf(events))
  const moved = await tx.billingEvent.findMany({
    where: { type: 'TRANSFER', OR: [{ names: { hasSome: names } }, { transferredTo: { hasSome: names } }] },
  })
  const transfers = moved.filter(counts)
  const { who } = await whoIs(tx, namesOf([...events, ...transfers]))
  return { events, transfers, who }
}

/** All names in these events, each once. */
export function namesOf(events: readonly Pick<StoredEvent, 'names' | 'transferredTo'>[]): string[] {
  return [...new Set(events.flatMap(({ names, transferredTo }) => [...names, ...transferredTo]))]
}
