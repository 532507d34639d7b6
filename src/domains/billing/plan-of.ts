import { type Plans, type PlanTier, planTiers } from '../../config/plans.ts'
import type { Prisma } from '../../generated/prisma/client.ts'
import type { Reader } from '../../platform/database/db.ts'
import { isActive } from './access.ts'
import { productOf } from './product-of.ts'

/**
 * The tier of each of these people at `now`, in one statement: the best of their active subscriptions, FREE without one.
 * Everybody who is asked for is in the answer.
 */
export async function tiersOf(
  db: Reader,
  plans: Plans,
  userIds: readonly string[],
  now: Date,
): Promise<ReadonlyMap<string, PlanTier>> {
  const rows = await db.planSubscription.findMany({
    where: { userId: { in: [...userIds] }, ...perhapsActive(now) },
    select: { userId: true, productId: true, expiresAt: true, graceEndsAt: true, endedAt: true },
  })
  const tiers = new Map<string, PlanTier>(userIds.map((userId) => [userId, 'FREE']))
  for (const row of rows) {
    const tier = isActive(row, now) ? productOf(plans, row.productId)?.tier : null
    if (row.userId !== null && tier) tiers.set(row.userId, better(tier, tiers.get(row.userId) ?? 'FREE'))
  }
  return tiers
}

/** The tier of one person at `now`. */
export async function tierOf(db: Reader, plans: Plans, userId: string, now: Date): Promise<PlanTier> {
  return (await tiersOf(db, plans, [userId], now)).get(userId) ?? 'FREE'
}

/** Leaves most of the past in the database; access.ts decides. */
function perhapsActive(now: Date): Prisma.PlanSubscriptionWhereInput {
  const later = { gt: now }
  return { OR: [{ expiresAt: null }, { expiresAt: later }, { graceEndsAt: later }, { endedAt: later }] }
}

function better(one: PlanTier, other: PlanTier): PlanTier {
  return planTiers.indexOf(one) > planTiers.indexOf(other) ? one : other
}
