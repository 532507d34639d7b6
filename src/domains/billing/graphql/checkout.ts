import { builder } from '../../../graphql/builder.ts'
import { ownedByUser } from '../../../graphql/owned.ts'
import { checkoutAddress } from '../checkout-address.ts'
import { checkoutStatusAt } from '../checkout-status.ts'
import { ProductType } from './product.ts'

const CheckoutStatus = builder.enumType('CheckoutStatus', {
  description: 'How far a checkout has come.',
  values: {
    PENDING: { description: 'Being made ready.' },
    READY: { description: 'The person can buy.' },
    COMPLETED: { description: 'The purchase came.' },
    FAILED: { description: 'Could not be made ready; start another.' },
    EXPIRED: { description: 'Nothing was bought within 24 hours.' },
  } as const,
})

export const CheckoutNode = builder.prismaNode('Checkout', {
  ...ownedByUser,
  id: { field: 'id', description: 'Globally unique: it names the type too. Opaque to clients.' },
  description: "A person's way to a purchase on the web.",
  // One of a product that is configured no more cannot be shown.
  findUnique: (id, context) => ({
    ...ownedByUser.findUnique(id, context),
    productKey: { in: context.ports.plans.products.map(({ key }) => key) },
  }),
  fields: (t) => ({
    status: t.field({
      type: CheckoutStatus,
      description: 'How far it has come.',
      resolve: (checkout, _args, { clock }) => checkoutStatusAt(checkout, clock()),
    }),
    product: t.field({
      type: ProductType,
      description: 'What is to be bought.',
      resolve: ({ productKey }, _args, { ports }) => {
        const product = ports.plans.products.find(({ key }) => key === productKey)
        if (!product) throw new Error(`There is no product ${productKey} in the plans any more.`)
        return product
      },
    }),
    url: t.field({
      type: 'URL',
      nullable: true,
      description: "Send the person here; null unless READY, and for admins who read another person's.",
      select: { user: { select: { emailSealed: true } } },
      resolve: ({ user, ...checkout }, _args, { viewer, ports, clock }) => {
        if (viewer?.user.id !== checkout.userId) return null
        const email = ports.emails.read(user.emailSealed)
        return checkoutAddress(ports, checkout, { email, now: clock() })?.href ?? null
      },
    }),
    attempts: t.exposeInt('attempts', {
      description: 'How often it was tried to make it ready, three times at most.',
    }),
    nextAttemptAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When it is tried again; null unless PENDING.',
      resolve: (checkout, _args, { clock }) =>
        checkoutStatusAt(checkout, clock()) === 'PENDING' ? checkout.nextAttemptAt : null,
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was begun.' }),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it is given up unless the purchase came, 24 hours after it was begun.',
    }),
  }),
})
