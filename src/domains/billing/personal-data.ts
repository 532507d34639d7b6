import type { Prisma } from '../../generated/prisma/client.ts'
import type { Reader } from '../../platform/database/db.ts'
import type { PersonalData } from '../../platform/personal-data.ts'
import { revenueCatSource } from './source.ts'

/**
 * What a person bought. All of it is exported. Records of money are kept when the person is erased: they lead to a
 * tombstone that says nothing. Where they manage what they bought, their anonymous names and their checkouts go.
 */
export const purchasesOfPerson: PersonalData = {
  tables: ['billing_events', 'billing_names', 'billing_customers', 'plan_subscriptions', 'billing_grants', 'checkouts'],
  async *exportFiles(db, userId) {
    const names = await namesOfPerson(db, userId)
    const [events, customer, subscriptions, grants, checkouts] = await Promise.all([
      db.billingEvent.findMany({ where: named(names), orderBy: [{ occurredAt: 'asc' }, { eventId: 'asc' }] }),
      db.billingCustomer.findUnique({ where: { userId } }),
      db.planSubscription.findMany({ where: { userId }, orderBy: { startedAt: 'asc' } }),
      db.billingGrant.findMany({ where: { userId }, orderBy: { grantedAt: 'asc' } }),
      db.checkout.findMany({ where: { userId }, orderBy: { createdAt: 'asc' } }),
    ])
    // Who lost or gained what moved is somebody else.
    const own = (said: readonly string[]) => said.filter((name) => names.includes(name))
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

/** The inbox's events about a person: of the names by which RevenueCat knows them, and of all that names them besides. */
export async function purchaseEventsOf(db: Reader, userId: string): Promise<Prisma.InboxEventWhereInput> {
  const names = await namesOfPerson(db, userId)
  const events = await db.billingEvent.findMany({ where: named(names), select: { eventId: true } })
  const eventIds = events.map(({ eventId }) => eventId)
  return { source: revenueCatSource, OR: [{ subject: { in: names } }, { eventId: { in: eventIds } }] }
}

async function namesOfPerson(db: Reader, userId: string): Promise<string[]> {
  const person = await db.user.findUniqueOrThrow({
    where: { id: userId },
    select: { clerkId: true, billingNames: { select: { name: true } } },
  })
  return [userId, person.clerkId, ...person.billingNames.map(({ name }) => name)].filter((name) => name !== null)
}

const named = (names: string[]): Prisma.BillingEventWhereInput => ({
  OR: [{ names: { hasSome: names } }, { transferredTo: { hasSome: names } }],
})
