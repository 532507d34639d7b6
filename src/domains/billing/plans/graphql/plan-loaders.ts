import type { PlanSubscription } from '../../../../generated/prisma/client.ts'
import { requestLoader } from '../../../../graphql/request-loader.ts'
import { billing } from '../../services.ts'
import { subscriptionsOf } from '../entitlements-of.ts'
import { tiersOf } from '../plan-of.ts'
import type { PlanTier } from '../plans.ts'

/** Loads the tiers of all users in a response in one statement. */
export const tierLoader = requestLoader<PlanTier>(async ({ db, services, clock }, ids) => {
  const tiers = await tiersOf(db.prisma, services(billing).plans, ids, clock())
  return ids.map((id) => tiers.get(id) ?? 'FREE')
})

/** Loads the subscriptions of all users in a response in one statement. */
export const subscriptionsLoader = requestLoader<PlanSubscription[]>(async ({ db, services }, ids) => {
  const byUser = Map.groupBy(await subscriptionsOf(db.prisma, services(billing).plans, ids), ({ userId }) => userId)
  return ids.map((id) => byUser.get(id) ?? [])
})
