import type { PlanSubscription } from '../../../generated/prisma/client.ts'
import type { Reader } from '../../../platform/database/db.ts'
import { clerkIdOf } from '../../users/index.ts'
import type { RevenueCat } from '../ports.ts'

/** What RevenueCat needs to turn off a renewal. */
export type Renewal = Parameters<RevenueCat['cancel']>[0]

/** How long stores retry a failed payment at most. Older subscriptions have ended, even if no event says so. */
const maxPaymentRetryMs = 60 * 86_400_000

/** Whether a store will charge again. It does not for promotional, prepaid and lifetime subscriptions. */
export function doesRenew(subscription: PlanSubscription, now: Date): boolean {
  const { willRenew, store, periodType, expiresAt, graceEndsAt, resumesAt, endedAt } = subscription
  if (!willRenew || expiresAt === null || (endedAt !== null && endedAt <= now)) return false
  if (store === 'PROMOTIONAL' || periodType === 'PROMOTIONAL' || periodType === 'PREPAID') return false
  const last = Math.max(...[expiresAt, graceEndsAt, resumesAt].map(Number))
  return now.getTime() < last + maxPaymentRetryMs
}

/** Describes a renewal with all names that RevenueCat may have for the user, the most likely first. */
export async function describeRenewal(db: Reader, subscription: PlanSubscription): Promise<Renewal> {
  const { key, userId, store, productId, transactionId } = subscription
  const event = await db.billingEvent.findFirst({
    where: { subscriptionKey: key, names: { isEmpty: false } },
    select: { names: true },
    orderBy: [{ occurredAt: 'desc' }, { eventId: 'desc' }],
  })
  const names = [
    ...(await readableNames(db, event?.names ?? [])),
    ...(userId === null ? [] : await namesOfUser(db, userId)),
  ]
  return { names: [...new Set(names)], store, productId, transactionId }
}

/** Those of these names that were not erased, in the same order. */
async function readableNames(db: Reader, hashes: readonly string[]): Promise<string[]> {
  const rows = await db.billingName.findMany({
    where: { hash: { in: [...hashes] } },
    select: { hash: true, name: true },
  })
  const names = new Map(rows.map(({ hash, name }) => [hash, name]))
  return hashes.map((hash) => names.get(hash) ?? null).filter((name) => name !== null)
}

async function namesOfUser(db: Reader, userId: string): Promise<string[]> {
  const clerkId = await clerkIdOf(db, userId)
  const aliases = await db.billingName.findMany({ where: { userId }, select: { name: true } })
  return [userId, clerkId, ...aliases.map(({ name }) => name)].filter((name) => name !== null)
}
