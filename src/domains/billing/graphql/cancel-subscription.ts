import { builder } from '../../../graphql/builder.ts'
import { parseId } from '../../../graphql/ids.ts'
import { perHour } from '../../../graphql/limits/mutation-rate.ts'
import { NotFound, ProviderUnavailable } from '../../../platform/errors.ts'
import { cancelSubscription } from '../cancel-subscription.ts'
import { ManagedElsewhere } from '../errors.ts'
import { PlanSubscriptionNode } from './plan-subscription.ts'

const CancelSubscriptionPayload = builder.objectRef<{ readonly id: string }>('CancelSubscriptionPayload').implement({
  description: 'A subscription that will not renew.',
  fields: (t) => ({
    subscription: t.prismaField({
      type: PlanSubscriptionNode,
      description: 'The subscription as it is now: access stays until `expiresAt`.',
      resolve: (query, { id }, _args, { db }) =>
        db.prisma.planSubscription.findUniqueOrThrow({ ...query, where: { id } }),
    }),
  }),
})

builder.mutationField('cancelSubscription', (t) =>
  t.withAuth({ signedIn: true }).field({
    type: CancelSubscriptionPayload,
    nullable: true,
    rate: perHour(100),
    description:
      'Ends the renewal of a subscription; what was paid for stays to its end. Once is enough: again changes nothing.',
    errors: {
      types: [NotFound, ManagedElsewhere, ProviderUnavailable],
      union: { description: 'The cancelled subscription, or why it is not.' },
    },
    args: { subscriptionId: t.arg.id({ required: true, description: "The subscription's global id." }) },
    resolve: async (_root, { subscriptionId }, { viewer, db, ports, clock }) => {
      const id = parseId('PlanSubscription', subscriptionId, ['subscriptionId'])
      await cancelSubscription({ ...ports, db, clock }, { id, userId: viewer.user.id })
      return { id }
    },
  }),
)
