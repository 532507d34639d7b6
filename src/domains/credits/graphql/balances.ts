import { requestLoader } from '../../../graphql/request-loader.ts'
import type { Reader } from '../../../platform/database/db.ts'
import { balancesOf, debtsOf } from '../queries/balance.ts'

/** Loads the balances of all users in a response in one statement. */
export const balanceLoader = amountLoader(balancesOf)

/** Loads the debts of all users in a response in one statement. */
export const debtLoader = amountLoader(debtsOf)

function amountLoader(
  read: (db: Reader, userIds: readonly string[], now: Date) => Promise<ReadonlyMap<string, number>>,
) {
  return requestLoader<number>(async ({ db, clock }, ids) => {
    const amounts = await read(db.prisma, ids, clock())
    return ids.map((id) => amounts.get(id) ?? 0)
  })
}
