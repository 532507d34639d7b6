import type { Checkout } from '../../../../generated/prisma/client.ts'
import { builder } from '../../../../graphql/builder.ts'
import { perHour } from '../../../../graphql/limits/mutation-rate.ts'
import { IdempotencyConflict, NotFound, ProviderUnavailable } from '../../../../platform/errors.ts'
import { billing } from '../../services.ts'
import { startCheckout } from '../start-checkout.ts'
import { CheckoutNode } from './checkout.ts'

const StartCheckoutInput = builder.inputType('StartCheckoutInput', {
  description: 'The product to buy.',
  fields: (t) => ({
    productKey: t.string({ required: true, description: 'The key of the product, as returned by `products`.' }),
    idempotencyKey: t.string({
      required: true,
      description:
        '1 to 200 printable characters, unique for each new purchase. The same key with the same input returns the same checkout.',
    }),
  }),
})

const StartCheckoutPayload = builder.objectRef<Pick<Checkout, 'id'>>('StartCheckoutPayload').implement({
  description: 'Returned when the checkout was started.',
  fields: (t) => ({
    checkout: t.prismaField({
      type: CheckoutNode,
      description: 'The checkout. While it is PENDING, fetch it again with `node`.',
      resolve: (query, { id }, _args, { db }) => db.prisma.checkout.findUniqueOrThrow({ ...query, where: { id } }),
    }),
  }),
})

builder.mutationField('startCheckout', (t) =>
  t.withAuth({ signedIn: true }).field({
    type: StartCheckoutPayload,
    nullable: true,
    rate: perHour(100),
    description:
      'Starts a purchase on the web. The response usually contains the checkout URL already. Repeating the request with the same idempotency key returns the same checkout.',
    errors: {
      types: [NotFound, IdempotencyConflict, ProviderUnavailable],
      union: { description: 'The checkout or an error.' },
    },
    args: { input: t.arg({ type: StartCheckoutInput, required: true, description: 'The product to buy.' }) },
    resolve: async (_root, { input }, { viewer, services }) => ({
      id: await startCheckout(services(billing), viewer, input),
    }),
  }),
)
