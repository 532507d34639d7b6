import type { PlanLimits } from '../../usage/index.ts'
import { tiersOf } from './plan-of.ts'
import { type Plans, planOfTier } from './plans.ts'

/** The limits of the plans, for the domain that counts usage. */
export function planLimitsOf({ plans }: { readonly plans: Plans }): PlanLimits {
  return {
    plans: plans.plans,
    async plansOf(db, userIds, now) {
      const tiers = await tiersOf(db, plans, userIds, now)
      return new Map([...tiers].map(([userId, tier]) => [userId, planOfTier(plans, tier)]))
    },
  }
}
