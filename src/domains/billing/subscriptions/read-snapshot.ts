import type { Reader } from '../../../platform/database/db.ts'
import { clerkIdOf } from '../../users/index.ts'
import type { HashName } from '../events/hash-name.ts'
import type { CustomerSnapshot, RevenueCat } from '../ports.ts'

/**
 * Reads a user's current state from RevenueCat. A user may have two customers there, one by Pacer's id and one by Clerk's:
 * each that an event names is read. Throws ProviderUnavailable.
 */
export async function readSnapshot(
  db: Reader,
  { revenueCat, hashName }: { readonly revenueCat: Pick<RevenueCat, 'readCustomer'>; readonly hashName: HashName },
  userId: string,
): Promise<CustomerSnapshot> {
  const snapshots = await Promise.all(
    (await customersOf(db, hashName, userId)).map((name) => revenueCat.readCustomer(name)),
  )
  return {
    requestedAt: new Date(Math.min(...snapshots.map(({ requestedAt }) => requestedAt.getTime()))),
    managementUrl: snapshots.map(({ managementUrl }) => managementUrl).find((url) => url !== null) ?? null,
    subscriptions: snapshots.flatMap(({ subscriptions }) => [...subscriptions]),
    purchases: snapshots.flatMap(({ purchases }) => [...purchases]),
  }
}

async function customersOf(db: Reader, hashName: HashName, userId: string): Promise<string[]> {
  const names = [userId, await clerkIdOf(db, userId)].filter((name) => name !== null)
  const events = await Promise.all(
    names.map((name) => db.billingEvent.findFirst({ where: namedBy(hashName(name)), select: { id: true } })),
  )
  const customers = names.filter((_, at) => events[at])
  return customers.length > 0 ? customers : [userId]
}

const namedBy = (hash: string) => ({ OR: [{ names: { has: hash } }, { transferredTo: { has: hash } }] })
