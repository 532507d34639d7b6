import type { Product } from '../../../config/plans.ts'
import { builder } from '../../../graphql/builder.ts'
import { PlanTier } from './plan.ts'

const ProductKind = builder.enumType('ProductKind', {
  description: 'What kind of thing is sold.',
  values: {
    SUBSCRIPTION: { description: 'A plan, for as long as it is renewed.' },
    CREDIT_PACK: { description: 'Credits, once.' },
  } as const,
})

export const ProductType = builder.objectRef<Product>('Product').implement({
  description: 'Something that is sold.',
  fields: (t) => ({
    key: t.exposeString('key', { description: 'Its name for programs: plus-monthly.' }),
    name: t.exposeString('name', { description: 'For people: Plus, monthly.' }),
    kind: t.expose('kind', { type: ProductKind, description: 'What kind of thing it is.' }),
    tier: t.expose('tier', { type: PlanTier, nullable: true, description: 'The plan; null for credits.' }),
    credits: t.exposeInt('credits', { nullable: true, description: 'How many credits; null for a plan.' }),
  }),
})

builder.queryField('products', (t) =>
  t.field({
    type: [ProductType],
    description: 'Everything that is sold. Nobody needs to sign in for it. Prices are where it is bought.',
    resolve: (_root, _args, { ports }) => [...ports.plans.products],
  }),
)
