import { readSettings } from '../config/config.ts'
import type { PlanLimit, Plans, PlanTier } from '../config/plans.ts'
import type { TestApp } from './app.ts'
import { createSubscription, dayMs } from './subscriptions.ts'

/** The project's own plans, but for those limits of a tier. */
export function plansWith(tier: PlanTier, limits: readonly PlanLimit[]): Plans {
  const { plans, products } = readSettings({}).plans
  const isChanged = (limit: PlanLimit) => limits.some(({ meter }) => meter === limit.meter)
  const changed = plans.map((plan) =>
    plan.tier === tier ? { ...plan, limits: [...plan.limits.filter((limit) => !isChanged(limit)), ...limits] } : plan,
  )
  return { plans: changed, products }
}

/** Somebody subscribes for a month, as if a store had said so that tells no more. */
export async function subscribe(app: TestApp, userId: string, productId = 'app.pacer.plus.monthly'): Promise<string> {
  const period = { startedAt: app.now, purchasedAt: app.now, expiresAt: new Date(app.now.getTime() + 31 * dayMs) }
  const untold = { store: null, periodType: null, transactionId: null }
  const { id } = await createSubscription(app, { id: userId }, { productId, ...period, ...untold })
  return id
}
