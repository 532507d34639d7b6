import { planOfTier } from '../../../config/plans.ts'
import { builder } from '../../../graphql/builder.ts'
import { configuredOnly } from '../configured.ts'
import { entitlementsOf } from '../entitlements-of.ts'
import { EntitlementType } from './entitlement.ts'
import { PlanType } from './plan.ts'
import './plan-subscription.ts'
import { subscriptionsLoader, tierLoader } from './plans-of-people.ts'

const maxShown = 50

builder.prismaObjectFields('User', (t) => ({
  plan: t.field({
    type: PlanType,
    description: 'The plan that counts now: of the best subscription that is active, FREE without one.',
    resolve: async ({ id }, _args, context) => planOfTier(context.ports.plans, await tierLoader(context).load(id)),
  }),
  subscriptions: t.relation('subscriptions', {
    description: 'What the person subscribes to or once did, newest first, 50 at most.',
    query: (_args, { ports }) => ({
      where: configuredOnly(ports.plans),
      orderBy: [{ startedAt: 'desc' }, { id: 'desc' }],
      take: maxShown,
    }),
  }),
  entitlements: t.field({
    type: [EntitlementType],
    description: 'What the subscriptions let the person do, by key: every entitlement that there is.',
    resolve: async ({ id, timeZone }, _args, context) => {
      const subscriptions = await subscriptionsLoader(context).load(id)
      return entitlementsOf({ plans: context.ports.plans, subscriptions, timeZone, now: context.clock() })
    },
  }),
}))
