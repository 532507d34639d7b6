import DataLoader from 'dataloader'
import type { PlanTier } from '../../../config/plans.ts'
import type { PlanSubscription } from '../../../generated/prisma/client.ts'
import type { Context } from '../../../graphql/context.ts'
import { subscriptionsOf } from '../entitlements-of.ts'
import { tiersOf } from '../plan-of.ts'

/** The tiers of many people of one answer, in one statement. */
export const tierLoader = loaderOf<PlanTier>(async ({ db, ports, clock }, ids) => {
  const tiers = await tiersOf(db.prisma, ports.plans, ids, clock())
  return ids.map((id) => tiers.get(id) ?? 'FREE')
})

/** What many people of one answer subscribe to, in one statement. */
export const subscriptionsLoader = loaderOf<PlanSubscription[]>(async ({ db, ports }, ids) => {
  const byPerson = Map.groupBy(await subscriptionsOf(db.prisma, ports.plans, ids), ({ userId }) => userId)
  return ids.map((id) => byPerson.get(id) ?? [])
})

function loaderOf<Value>(
  read: (context: Context, ids: readonly string[]) => Promise<Value[]>,
): (context: Context) => DataLoader<string, Value> {
  const loaders = new WeakMap<Context, DataLoader<string, Value>>()
  return (context) => {
    const known = loaders.get(context)
    if (known) return known
    // Not remembered: a subscription's one context answers again and again.
    const loader = new DataLoader<string, Value>((ids) => read(context, ids), { cache: false })
    loaders.set(context, loader)
    return loader
  }
}
