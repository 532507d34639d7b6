import type { Checkout } from '../../../generated/prisma/client.ts'
import { builder } from '../../../graphql/builder.ts'
import { perHour } from '../../../graphql/limits/mutation-rate.ts'
import { IdempotencyConflict, NotFound, ProviderUnavailable } from '../../../platform/errors.ts'
import { startCheckout } from '../start-checkout.ts'
import { CheckoutNode } from './checkout.ts'

const StartCheckoutInput = builder.inputType('StartCheckoutInput', {
  description: 'What to buy.',
  fields: (t) => ({
    productKey: t.string({ required: true, description: "The product's key, as `products` gives it." }),
    idempotencyKey: t.string({
      required: true,
      description:
        '1 to 200 printable characters, unique for every new purchase; the same key with the same input gives the same checkout.',
    }),
  }),
})

const StartCheckoutPayload = builder.objectRef<Pick<Checkout, 'id'>>('StartCheckoutPayload').implement({
  description: 'A checkout that has begun.',
  fields: (t) => ({
    checkout: t.prismaField({
      type: CheckoutNode,
      description: 'The checkout. While it is PENDING, read it again by `node`.',
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
      'Begins a purchase on the web. Usually the address is there in the same answer. Asking again with the same key answers with the same checkout.',
    errors: {
      types: [NotFound, IdempotencyConflict, ProviderUnavailable],
      union: { description: 'The checkout, or why there is none.' },
    },
    args: { input: t.arg({ type: StartCheckoutInput, required: true, description: 'What to buy.' }) },
    resolve: async (_root, { input }, { viewer, db, ports, clock }) => ({
      id: await startCheckout({ ...ports, db }, { ...input, userId: viewer.user.id, now: clock() }),
    }),
  }),
)
