import type { BillingEvent } from '../../generated/prisma/client.ts'
import type { Tx } from '../../platform/database/db.ts'
import { keysOf } from './apply-purchase-event.ts'
import { foldPurchases, namesOf, type PurchasePorts } from './fold-purchases.ts'
import { lockConnectedNames, lockNames } from './lock-purchases.ts'
import { rememberNames } from './remember-names.ts'
import { requestRefresh } from './request-refresh.ts'
import { isPermitted } from './sandbox.ts'
import { whoIs } from './who-is.ts'

/** Gives somebody who has just become a person here what was bought in their name before. Most bought nothing. */
export async function joinPurchases(
  tx: Tx,
  ports: PurchasePorts,
  { userId, now }: { readonly userId: string; readonly now: Date },
): Promise<void> {
  const { clerkId } = await tx.user.findUniqueOrThrow({ where: { id: userId }, select: { clerkId: true } })
  const names = [userId, clerkId].filter((name) => name !== null)
  await tx.$executeRaw`SAVEPOINT arrival`
  await lockNames(tx, names)
  if ((await toldOf(tx, names)).length === 0) return

  // There is more to lock than that, and all of it in order.
  await tx.$executeRaw`ROLLBACK TO SAVEPOINT arrival`
  const connected = await lockConnectedNames(tx, async () => [...names, ...namesOf(await toldOf(tx, names))])
  const events = (await toldOf(tx, names)).filter((event) => isPermitted(event, ports.sandbox))
  const { named } = await whoIs(tx, namesOf(events))
  const renamed = await rememberNames(tx, events, named)
  await foldPurchases(tx, ports, { keys: await keysOf(tx, connected), now })
  if (!ports.canRead) return
  const concerned = [userId, ...renamed.map(({ formerId }) => formerId)].filter((id) => id !== null)
  await requestRefresh(tx, { userIds: concerned, now })
}

function toldOf(tx: Tx, names: string[]): Promise<BillingEvent[]> {
  return tx.billingEvent.findMany({
    where: { OR: [{ names: { hasSome: names } }, { transferredTo: { hasSome: names } }] },
  })
}
