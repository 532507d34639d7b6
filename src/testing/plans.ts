import { loadPlans } from '../domains/billing/plans/load-plans.ts'
import type { Plans, PlanTier } from '../domains/billing/plans/plans.ts'
import type { PlanLimit } from '../domains/usage/index.ts'
import type { TestApp } from './app.ts'
import { createSubscription, dayMs } from './subscriptions.ts'

/** The default plans with other limits for one tier. */
export function plansWith(tier: PlanTier, limits: readonly PlanLimit[]): Plans {
  const { plans, ...others } = loadPlans(undefined)
  const isChanged = (limit: PlanLimit) => limits.some(({ meter }) => meter === limit.meter)
  const changed = plans.map((plan) =>
    plan.tier === tier ? { ...plan, limits: [...plan.limits.filter((limit) => !isChanged(limit)), ...limits] } : plan,
  )
  return { plans: changed, ...others }
}

/** Creates a subscription of a month without the fields that a store may omit. */
export async function subscribe(app: TestApp, userId: string, productId = 'app.pacer.plus.monthly'): Promise<string> {
  const period = { startedAt: app.now, purchasedAt: app.now, expiresAt: new Date(app.now.getTime() + 31 * dayMs) }
  const omitted = { store: null, periodType: null, transactionId: null }
  const { id } = await createSubscription(app, { id: userId }, { productId, ...period, ...omitted })
  return id
}
