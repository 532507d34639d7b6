import { v7 as uuidv7 } from 'uuid'
import { readSettings } from '../config/config.ts'
import type { PlanLimit, Plans, PlanTier } from '../config/plans.ts'
import type { TestApp } from './app.ts'

/** The project's own plans, but for those limits of a tier. */
export function plansWith(tier: PlanTier, limits: readonly PlanLimit[]): Plans {
  const { plans, products } = readSettings({}).plans
  const isChanged = (limit: PlanLimit) => limits.some(({ meter }) => meter === limit.meter)
  const changed = plans.map((plan) =>
    plan.tier === tier ? { ...plan, limits: [...plan.limits.filter((limit) => !isChanged(limit)), ...limits] } : plan,
  )
  return { plans: changed, products }
}

/** Somebody subscribes for a month, as if a store had said so. */
export async function subscribe(app: TestApp, userId: string, productId = 'app.pacer.plus.monthly'): Promise<string> {
  const id = uuidv7()
  await app.app.db.prisma.planSubscription.create({
    data: {
      id,
      key: id,
      userId,
      productId,
      isFamilyShare: false,
      willRenew: true,
      startedAt: app.now,
      purchasedAt: app.now,
      expiresAt: new Date(app.now.getTime() + 31 * 24 * 3_600_000),
    },
  })
  return id
}
