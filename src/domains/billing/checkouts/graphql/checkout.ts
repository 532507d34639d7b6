import { builder } from '../../../../graphql/builder.ts'
import { ownedByUser } from '../../../../graphql/owned.ts'
import { ProductType } from '../../plans/graphql/product.ts'
import { billing } from '../../services.ts'
import { checkoutStatusAt } from '../checkout-status.ts'
import { checkoutUrl } from '../checkout-url.ts'

const CheckoutStatus = builder.enumType('CheckoutStatus', {
  description: 'The status of a checkout.',
  values: {
    PENDING: { description: 'The checkout is being prepared.' },
    READY: { description: 'The user can buy the product.' },
    COMPLETED: { description: 'The purchase was received.' },
    FAILED: { description: 'The checkout could not be prepared. Start a new one.' },
    EXPIRED: { description: 'Nothing was bought within 24 hours.' },
  } as const,
})

export const CheckoutNode = builder.prismaNode('Checkout', {
  ...ownedByUser,
  id: { field: 'id', description: 'The global ID. It is unique across all types; treat it as opaque.' },
  description: 'A purchase on the web.',
  // A checkout whose product is no longer configured is not returned.
  findUnique: (id, context) => ({
    ...ownedByUser.findUnique(id, context),
    productKey: { in: context.services(billing).plans.products.map(({ key }) => key) },
  }),
  fields: (t) => ({
    status: t.field({
      type: CheckoutStatus,
      description: 'The status of the checkout.',
      resolve: (checkout, _args, { clock }) => checkoutStatusAt(checkout, clock()),
    }),
    product: t.field({
      type: ProductType,
      description: 'The product to buy.',
      resolve: ({ productKey }, _args, { services }) => {
        const product = services(billing).plans.products.find(({ key }) => key === productKey)
        if (!product) throw new Error(`There is no product ${productKey} in the plans any more.`)
        return product
      },
    }),
    url: t.field({
      type: 'URL',
      nullable: true,
      description:
        "The URL to send the user to. Null unless the checkout is READY, and null for an admin who reads another user's checkout.",
      resolve: (checkout, _args, { viewer, services, clock }) => {
        if (viewer?.user.id !== checkout.userId) return null
        const email = services(billing).emails.read(viewer.user.emailEncrypted)
        return checkoutUrl(services(billing), checkout, { email, now: clock() })?.href ?? null
      },
    }),
    attempts: t.exposeInt('attempts', {
      description: 'The number of attempts to prepare the checkout, at most three.',
    }),
    nextAttemptAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When the next attempt takes place. Null unless the checkout is PENDING.',
      resolve: (checkout, _args, { clock }) =>
        checkoutStatusAt(checkout, clock()) === 'PENDING' ? checkout.nextAttemptAt : null,
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When the checkout was started.' }),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When the checkout expires unless the purchase is completed, 24 hours after it was started.',
    }),
  }),
})
