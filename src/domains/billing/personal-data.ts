import type { Prisma } from '../../generated/prisma/client.ts'
import type { Reader, Tx } from '../../platform/database/db.ts'
import type { PersonalData } from '../../platform/personal-data.ts'
import { clerkIdOf, usersNamed } from '../users/index.ts'
import type { HashName } from './events/hash-name.ts'
import { revenueCatSource } from './events/revenuecat-source.ts'

interface PurchaseData {
  readonly hashName: HashName
}

/**
 * What a user bought. All of it is exported. Records of payments are kept when the user is erased: they reference the
 * tombstone, which has no personal data, and hashes of names. Names, management URLs and checkouts are deleted.
 */
export const purchasesOfUser = ({ hashName }: PurchaseData): PersonalData => ({
  tables: ['billing_events', 'billing_names', 'billing_customers', 'plan_subscriptions', 'billing_grants', 'checkouts'],
  async *exportFiles(db, userId) {
    const names = await namesOfUser(db, hashName, userId)
    const [events, customer, subscriptions, grants, checkouts] = await Promise.all([
      db.billingEvent.findMany({ where: named(names), orderBy: [{ occurredAt: 'asc' }, { eventId: 'asc' }] }),
      db.billingCustomer.findUnique({ where: { userId } }),
      db.planSubscription.findMany({ where: { userId }, orderBy: { startedAt: 'asc' } }),
      db.billingGrant.findMany({ where: { userId }, orderBy: { grantedAt: 'asc' } }),
      db.checkout.findMany({ where: { userId }, orderBy: { createdAt: 'asc' } }),
    ])
    // The other names in a TRANSFER are another user's.
    const own = (hashes: readonly string[]) => hashes.flatMap((hash) => names.get(hash) ?? [])
    const ownEvents = events.map((event) => ({
      ...event,
      names: own(event.names),
      transferredTo: own(event.transferredTo),
    }))
    const readable = own([...names.keys()])
    yield {
      path: 'purchases.json',
      json: { names: readable, customer, subscriptions, grants, checkouts, events: ownEvents },
    }
  },
  async eraseRows(tx, { userId }) {
    await eraseNames(tx, hashName, userId)
    await tx.billingCustomer.deleteMany({ where: { userId } })
    await tx.checkout.deleteMany({ where: { userId } })
    await tx.planSubscription.updateMany({ where: { userId }, data: { managementUrl: null } })
  },
})

/**
 * Erases the user's names, and the other names of the same customer in the events: an app may have given RevenueCat any
 * text. Hashes stay and lead to the tombstone. Names that identify another user, or are assigned to one, are not changed.
 */
async function eraseNames(tx: Tx, hashName: HashName, userId: string): Promise<void> {
  const own = await namesOfUser(tx, hashName, userId)
  const events = await tx.billingEvent.findMany({ where: named(own), select: { names: true, transferredTo: true } })
  const sides = events.flatMap(({ names, transferredTo }) => [names, transferredTo])
  const hashes = new Set([...own.keys(), ...sides.filter((side) => side.some((hash) => own.has(hash))).flat()])
  const rows = await tx.billingName.findMany({
    where: { hash: { in: [...hashes] }, OR: [{ userId: null }, { userId }] },
    select: { hash: true, name: true },
  })
  const identified = await usersNamed(tx, [...new Set(rows.flatMap(({ name }) => name ?? []))])
  const erased = rows.filter(({ name }) => name === null || (identified.get(name) ?? userId) === userId)
  await tx.billingName.updateMany({
    where: { hash: { in: erased.map(({ hash }) => hash) } },
    data: { name: null, userId },
  })
}

/** Selects the inbox's events about a user: those whose subject is one of the user's names, and all others that contain one. */
export const purchaseEventsOf =
  ({ hashName }: PurchaseData) =>
  async (db: Reader, userId: string): Promise<Prisma.InboxEventWhereInput> => {
    const names = await namesOfUser(db, hashName, userId)
    const events = await db.billingEvent.findMany({ where: named(names), select: { eventId: true } })
    const eventIds = events.map(({ eventId }) => eventId)
    const subjects = [...names.values()].filter((name) => name !== null)
    return { source: revenueCatSource, OR: [{ subject: { in: subjects } }, { eventId: { in: eventIds } }] }
  }

/** The names that identify the user: the ids in Pacer and in Clerk, which the tombstone has too. */
export async function identifyingNamesOf(db: Reader, userId: string): Promise<string[]> {
  return [userId, await clerkIdOf(db, userId)].filter((name) => name !== null)
}

/** The user's names by their hashes; null where a name was erased. */
async function namesOfUser(db: Reader, hashName: HashName, userId: string): Promise<Map<string, string | null>> {
  const identifying = await identifyingNamesOf(db, userId)
  const aliases = await db.billingName.findMany({ where: { userId }, select: { hash: true, name: true } })
  return new Map([
    ...aliases.map(({ hash, name }) => [hash, name] as const),
    ...identifying.map((name) => [hashName(name), name] as const),
  ])
}

const named = (names: ReadonlyMap<string, unknown>): Prisma.BillingEventWhereInput => ({
  OR: [{ names: { hasSome: [...names.keys()] } }, { transferredTo: { hasSome: [...names.keys()] } }],
})
