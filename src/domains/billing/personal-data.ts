import type { Prisma } from '../../generated/prisma/client.ts'
import type { Reader } from '../../platform/database/db.ts'
import type { PersonalData } from '../../platform/personal-data.ts'
import { clerkIdOf } from '../users/index.ts'
import { revenueCatSource } from './events/revenuecat-source.ts'

/**
 * What a user bought. All of it is exported. Records of payments are kept when the user is erased: they reference the
 * tombstone, which has no personal data. Management URLs, anonymous names and checkouts are deleted.
 */
export const purchasesOfUser: PersonalData = {
  tables: ['billing_events', 'billing_names', 'billing_customers', 'plan_subscriptions', 'billing_grants', 'checkouts'],
  async *exportFiles(db, userId) {
    const names = await namesOfUser(db, userId)
    const [events, customer, subscriptions, grants, checkouts] = await Promise.all([
      db.billingEvent.findMany({ where: named(names), orderBy: [{ occurredAt: 'asc' }, { eventId: 'asc' }] }),
      db.billingCustomer.findUnique({ where: { userId } }),
      db.planSubscription.findMany({ where: { userId }, orderBy: { startedAt: 'asc' } }),
      db.billingGrant.findMany({ where: { userId }, orderBy: { grantedAt: 'asc' } }),
      db.checkout.findMany({ where: { userId }, orderBy: { createdAt: 'asc' } }),
    ])
    // The other names in a TRANSFER are another user's.
    const own = (all: readonly string[]) => all.filter((name) => names.includes(name))
    const ownEvents = events.map((event) => ({
      ...event,
      names: own(event.names),
      transferredTo: own(event.transferredTo),
    }))
    yield { path: 'purchases.json', json: { names, customer, subscriptions, grants, checkouts, events: ownEvents } }
  },
  async eraseRows(tx, { userId }) {
    await tx.billingName.deleteMany({ where: { userId } })
    await tx.billingCustomer.deleteMany({ where: { userId } })
    await tx.checkout.deleteMany({ where: { userId } })
    await tx.planSubscription.updateMany({ where: { userId }, data: { managementUrl: null } })
  },
}

/** Selects the inbox's events about a user: those whose subject is one of the user's names, and all others that contain one. */
export async function purchaseEventsOf(db: Reader, userId: string): Promise<Prisma.InboxEventWhereInput> {
  const names = await namesOfUser(db, userId)
  const events = await db.billingEvent.findMany({ where: named(names), select: { eventId: true } })
  const eventIds = events.map(({ eventId }) => eventId)
  return { source: revenueCatSource, OR: [{ subject: { in: names } }, { eventId: { in: eventIds } }] }
}

async function namesOfUser(db: Reader, userId: string): Promise<string[]> {
  const clerkId = await clerkIdOf(db, userId)
  const aliases = await db.billingName.findMany({ where: { userId }, select: { name: true } })
  return [userId, clerkId, ...aliases.map(({ name }) => name)].filter((name) => name !== null)
}

const named = (names: string[]): Prisma.BillingEventWhereInput => ({
  OR: [{ names: { hasSome: names } }, { transferredTo: { hasSome: names } }],
})
