import type { PlanSubscription } from '../../generated/prisma/client.ts'
import type { Reader } from '../../platform/database/db.ts'
import type { RevenueCat } from './ports.ts'

/** What RevenueCat has to know to end a renewal. */
export type Renewal = Parameters<RevenueCat['cancel']>[0]

/** A store tries a failed payment again for so long at most; older ones have ended, whether somebody told of it or not. */
const retriedForMs = 60 * 86_400_000

/** Whether a store will take money again: not for what was given or paid in advance, nor for ever. */
export function doesRenew(subscription: PlanSubscription, now: Date): boolean {
  const { willRenew, store, periodType, expiresAt, graceEndsAt, resumesAt, endedAt } = subscription
  if (!willRenew || expiresAt === null || (endedAt !== null && endedAt <= now)) return false
  if (store === 'PROMOTIONAL' || periodType === 'PROMOTIONAL' || periodType === 'PREPAID') return false
  const last = Math.max(...[expiresAt, graceEndsAt, resumesAt].map(Number))
  return now.getTime() < last + retriedForMs
}

/** With all names by which it may know the person, the likeliest first. */
export async function renewalOf(db: Reader, subscription: PlanSubscription): Promise<Renewal> {
  const { key, userId, store, productId, transactionId } = subscription
  const event = await db.billingEvent.findFirst({
    where: { subscriptionKey: key, names: { isEmpty: false } },
    select: { names: true },
    orderBy: [{ occurredAt: 'desc' }, { eventId: 'desc' }],
  })
  const person = await db.user.findUnique({
    where: { id: userId ?? '' },
    select: { id: true, clerkId: true, billingNames: { select: { name: true } } },
  })
  const ofPerson = person ? [person.id, person.clerkId, ...person.billingNames.map(({ name }) => name)] : []
  const names = [...(event?.names ?? []), ...ofPerson].filter((name) => name !== null)
  return { names: [...new Set(names)], store, productId, transactionId }
}
