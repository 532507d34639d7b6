import { builder } from '../../../../graphql/builder.ts'
import { NotFound } from '../../../../platform/errors.ts'
import { notifications } from '../../services.ts'
import { confirmDelivery } from '../confirm-delivery.ts'

const ConfirmDeliveryInput = builder.inputType('ConfirmDeliveryInput', {
  description: 'The push message that was received.',
  fields: (t) => ({
    receiptToken: t.string({ required: true, description: '`receiptToken` in the data of the push message.' }),
  }),
})

const ConfirmDeliveryPayload = builder.objectRef<{ readonly confirmed: true }>('ConfirmDeliveryPayload').implement({
  description: 'Returned when the delivery was confirmed, now or earlier.',
  fields: (t) => ({
    confirmed: t.exposeBoolean('confirmed', { description: 'Always true.' }),
  }),
})

builder.mutationField('confirmDelivery', (t) =>
  t.field({
    type: ConfirmDeliveryPayload,
    nullable: true,
    rate: null,
    description:
      'Confirms that a device has received a push message, so that no other channel is tried. Needs no session: a service worker calls it with the token of the message.',
    errors: {
      types: [NotFound],
      union: { description: 'The confirmation or an error.' },
    },
    args: { input: t.arg({ type: ConfirmDeliveryInput, required: true, description: 'The message.' }) },
    resolve: async (_root, { input }, { services }) => {
      await confirmDelivery(services(notifications), input.receiptToken)
      return { confirmed: true as const }
    },
  }),
)
