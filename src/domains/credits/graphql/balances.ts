import DataLoader from 'dataloader'
import type { Context } from '../../../graphql/context.ts'
import { balancesOf } from '../balance.ts'

const loaders = new WeakMap<Context, DataLoader<string, number>>()

/** What many people of one answer have, in one statement. */
export function balanceLoader(context: Context): DataLoader<string, number> {
  const known = loaders.get(context)
  if (known) return known
  const { db, clock } = context
  const load = async (ids: readonly string[]) => {
    const balances = await balancesOf(db.prisma, ids, clock())
    return ids.map((id) => balances.get(id) ?? 0)
  }
  // Not remembered: a subscription's one context answers again and again.
  const loader = new DataLoader(load, { cache: false })
  loaders.set(context, loader)
  return loader
}
