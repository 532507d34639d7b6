import type { Reader } from '../../platform/database/db.ts'
import type { CustomerSnapshot, RevenueCat } from './ports.ts'

/**
 * What RevenueCat knows of a person now. Somebody may be two customers there, by our id and by Clerk's: each that an
 * event has named is read. Throws ProviderUnavailable.
 */
export async function readSnapshot(
  db: Reader,
  revenueCat: Pick<RevenueCat, 'readCustomer'>,
  userId: string,
): Promise<CustomerSnapshot> {
  const snapshots = await Promise.all((await customersOf(db, userId)).map((name) => revenueCat.readCustomer(name)))
  return {
    requestedAt: new Date(Math.min(...snapshots.map(({ requestedAt }) => requestedAt.getTime()))),
    managementUrl: snapshots.map(({ managementUrl }) => managementUrl).find((url) => url !== null) ?? null,
    subscriptions: snapshots.flatMap(({ subscriptions }) => [...subscriptions]),
    purchases: snapshots.flatMap(({ purchases }) => [...purchases]),
  }
}

async function customersOf(db: Reader, userId: string): Promise<string[]> {
  const person = await db.user.findUniqueOrThrow({ where: { id: userId }, select: { clerkId: true } })
  const names = [userId, person.clerkId].filter((name) => name !== null)
  const told = await Promise.all(
    names.map((name) => db.billingEvent.findFirst({ where: namedBy(name), select: { id: true } })),
  )
  const customers = names.filter((_, at) => told[at])
  return customers.length > 0 ? customers : [userId]
}

const namedBy = (name: string) => ({ OR: [{ names: { has: name } }, { transferredTo: { has: name } }] })
