import type { BillingEvent } from '../../../generated/prisma/client.ts'
import type { Tx } from '../../../platform/database/db.ts'
import { foldPurchases, namesOf, type PurchasePorts } from '../subscriptions/fold-purchases.ts'
import { requestRefresh } from '../subscriptions/request-refresh.ts'
import { keysOf } from './apply-purchase-event.ts'
import { hashedIdsOf } from './hashed-ids.ts'
import { lockConnectedNames, lockNames } from './lock-purchases.ts'
import { recordNames } from './record-names.ts'
import { resolveCustomer } from './resolve-customer.ts'
import { isPermitted } from './sandbox-rules.ts'

/** Assigns purchases made before the user was created to the new user. Most new users have none. */
export async function claimPurchases(
  tx: Tx,
  ports: PurchasePorts,
  { userId, now }: { readonly userId: string; readonly now: Date },
): Promise<void> {
  const { hashName } = ports
  const names = await hashedIdsOf(tx, hashName, userId)
  await tx.$executeRaw`SAVEPOINT user_created`
  await lockNames(tx, names)
  if ((await eventsNaming(tx, names)).length === 0) return

  // The connected names are locked too, and all locks must be taken in order.
  await tx.$executeRaw`ROLLBACK TO SAVEPOINT user_created`
  const connected = await lockConnectedNames(tx, hashName, async () => [
    ...names,
    ...namesOf(await eventsNaming(tx, names)),
  ])
  const events = (await eventsNaming(tx, names)).filter((event) => isPermitted(event, ports.sandbox))
  const { resolveIdentified } = await resolveCustomer(tx, namesOf(events))
  const reassigned = await recordNames(tx, events, resolveIdentified)
  await foldPurchases(tx, ports, { keys: await keysOf(tx, connected), now })
  if (!ports.canRead) return
  const affected = [userId, ...reassigned.map(({ formerId }) => formerId)].filter((id) => id !== null)
  await requestRefresh(tx, { userIds: affected, now })
}

function eventsNaming(tx: Tx, names: string[]): Promise<BillingEvent[]> {
  return tx.billingEvent.findMany({
    where: { OR: [{ names: { hasSome: names } }, { transferredTo: { hasSome: names } }] },
  })
}
