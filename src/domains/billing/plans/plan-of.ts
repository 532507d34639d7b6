import type { Prisma } from '../../../generated/prisma/client.ts'
import type { Reader } from '../../../platform/database/db.ts'
import { isActive } from '../subscriptions/subscription-status.ts'
import { type Plans, type PlanTier, planTiers } from './plans.ts'
import { productOf } from './product-of.ts'

/**
 * Reads the tier of each of these users at `now` in one statement: the highest of the active subscriptions, otherwise FREE.
 * The result contains every user.
 */
export async function tiersOf(
  db: Reader,
  plans: Plans,
  userIds: readonly string[],
  now: Date,
): Promise<ReadonlyMap<string, PlanTier>> {
  const rows = await db.planSubscription.findMany({
    where: { userId: { in: [...userIds] }, ...possiblyActive(now) },
    select: { userId: true, productId: true, expiresAt: true, graceEndsAt: true, endedAt: true },
  })
  const tiers = new Map<string, PlanTier>(userIds.map((userId) => [userId, 'FREE']))
  for (const row of rows) {
    const tier = isActive(row, now) ? productOf(plans, row.productId)?.tier : null
    if (row.userId !== null && tier) tiers.set(row.userId, higherTier(tier, tiers.get(row.userId) ?? 'FREE'))
  }
  return tiers
}

/** Reads the tier of one user at `now`. */
export async function tierOf(db: Reader, plans: Plans, userId: string, now: Date): Promise<PlanTier> {
  return (await tiersOf(db, plans, [userId], now)).get(userId) ?? 'FREE'
}

/** Excludes most ended subscriptions in the database. `isActive` decides. */
function possiblyActive(now: Date): Prisma.PlanSubscriptionWhereInput {
  const later = { gt: now }
  return { OR: [{ expiresAt: null }, { expiresAt: later }, { graceEndsAt: later }, { endedAt: later }] }
}

function higherTier(one: PlanTier, other: PlanTier): PlanTier {
  return planTiers.indexOf(one) > planTiers.indexOf(other) ? one : other
}
