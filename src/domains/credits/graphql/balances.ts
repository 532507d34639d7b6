import DataLoader from 'dataloader'
import type { Context } from '../../../graphql/context.ts'
import type { Reader } from '../../../platform/database/db.ts'
import { balancesOf, debtsOf } from '../balance.ts'

/** What many people of one answer have, in one statement. */
export const balanceLoader = loaderOf(balancesOf)

/** What many people of one answer owe, in one statement. */
export const debtLoader = loaderOf(debtsOf)

function loaderOf(
  read: (db: Reader, userIds: readonly string[], now: Date) => Promise<ReadonlyMap<string, number>>,
): (context: Context) => DataLoader<string, number> {
  const loaders = new WeakMap<Context, DataLoader<string, number>>()
  return (context) => {
    const known = loaders.get(context)
    if (known) return known
    const { db, clock } = context
    const load = async (ids: readonly string[]) => {
      const amounts = await read(db.prisma, ids, clock())
      return ids.map((id) => amounts.get(id) ?? 0)
    }
    // Not remembered: a subscription's one context answers again and again.
    const loader = new DataLoader(load, { cache: false })
    loaders.set(context, loader)
    return loader
  }
}
