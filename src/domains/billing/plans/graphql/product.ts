import { builder } from '../../../../graphql/builder.ts'
import { billing } from '../../services.ts'
import type { Product } from '../plans.ts'
import { PlanTier } from './plan.ts'

const ProductKind = builder.enumType('ProductKind', {
  description: 'The kind of product.',
  values: {
    SUBSCRIPTION: { description: 'A plan, for as long as the subscription is renewed.' },
    CREDIT_PACK: { description: 'A one-time purchase of credits.' },
  } as const,
})

export const ProductType = builder.objectRef<Product>('Product').implement({
  description: 'A product for sale.',
  fields: (t) => ({
    key: t.exposeString('key', { description: 'The identifier of the product. Example: plus-monthly.' }),
    name: t.exposeString('name', { description: 'The display name. Example: Plus, monthly.' }),
    kind: t.expose('kind', { type: ProductKind, description: 'The kind of product.' }),
    tier: t.expose('tier', {
      type: PlanTier,
      nullable: true,
      description: 'The tier of the plan. Null for credit packs.',
    }),
    credits: t.exposeInt('credits', { nullable: true, description: 'The number of credits. Null for subscriptions.' }),
  }),
})

builder.queryField('products', (t) =>
  t.field({
    type: [ProductType],
    description:
      'All products for sale. Does not require authentication. Prices are shown where the product is bought.',
    resolve: (_root, _args, { services }) => [...services(billing).plans.products],
  }),
)
