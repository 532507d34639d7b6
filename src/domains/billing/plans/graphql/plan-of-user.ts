import { builder } from '../../../../graphql/builder.ts'
import { entitlementsOf } from '../entitlements-of.ts'
import { onlyConfiguredProducts } from '../only-configured-products.ts'
import { planOfTier } from '../plans.ts'
import { EntitlementType } from './entitlement.ts'
import { PlanType } from './plan.ts'
import '../../subscriptions/graphql/plan-subscription.ts'
import { billing } from '../../services.ts'
import { subscriptionsLoader, tierLoader } from './plan-loaders.ts'

const maxShown = 50

builder.prismaObjectFields('User', (t) => ({
  plan: t.field({
    type: PlanType,
    description:
      'The current plan: the highest tier of the active subscriptions, or FREE without an active subscription.',
    resolve: async ({ id }, _args, context) =>
      planOfTier(context.services(billing).plans, await tierLoader(context).load(id)),
  }),
  subscriptions: t.relation('subscriptions', {
    description: 'Current and past subscriptions, newest first. At most 50.',
    query: (_args, { services }) => ({
      where: onlyConfiguredProducts(services(billing).plans),
      orderBy: [{ startedAt: 'desc' }, { id: 'desc' }],
      take: maxShown,
    }),
  }),
  entitlements: t.field({
    type: [EntitlementType],
    description: 'All entitlements, with whether the subscriptions of the user give them now.',
    resolve: async ({ id, timeZone }, _args, context) => {
      const subscriptions = await subscriptionsLoader(context).load(id)
      return entitlementsOf({ plans: context.services(billing).plans, subscriptions, timeZone, now: context.clock() })
    },
  }),
}))
