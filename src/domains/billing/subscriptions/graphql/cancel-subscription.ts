import { builder } from '../../../../graphql/builder.ts'
import { parseInputId } from '../../../../graphql/ids.ts'
import { perHour } from '../../../../graphql/limits/mutation-rate.ts'
import { NotFound, ProviderUnavailable } from '../../../../platform/errors.ts'
import { ManagedElsewhere } from '../../errors.ts'
import { billing } from '../../services.ts'
import { cancelSubscription } from '../cancel-subscription.ts'
import { PlanSubscriptionNode } from './plan-subscription.ts'

const CancelSubscriptionInput = builder.inputType('CancelSubscriptionInput', {
  description: 'The subscription to cancel.',
  fields: (t) => ({ subscriptionId: t.id({ required: true, description: "The subscription's global ID." }) }),
})

const CancelSubscriptionPayload = builder.objectRef<{ readonly id: string }>('CancelSubscriptionPayload').implement({
  description: 'Returned when the subscription will not renew.',
  fields: (t) => ({
    subscription: t.prismaField({
      type: PlanSubscriptionNode,
      description: 'The cancelled subscription. Access continues until `expiresAt`.',
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
      'Turns off the renewal of a subscription. Access continues until the end of the paid period. Repeating it has no further effect.',
    errors: {
      types: [NotFound, ManagedElsewhere, ProviderUnavailable],
      union: { description: 'The cancelled subscription or an error.' },
    },
    args: {
      input: t.arg({ type: CancelSubscriptionInput, required: true, description: 'The subscription to cancel.' }),
    },
    resolve: async (_root, { input }, { viewer, services }) => {
      const id = parseInputId('PlanSubscription', input.subscriptionId, 'subscriptionId')
      await cancelSubscription(services(billing), viewer, id)
      return { id }
    },
  }),
)
