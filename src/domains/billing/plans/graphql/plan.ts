import { builder } from '../../../../graphql/builder.ts'
import { billing } from '../../services.ts'
import type { Plan } from '../plans.ts'

export const PlanTier = builder.enumType('PlanTier', {
  description: 'The tiers of plans, from the smallest to the largest.',
  values: {
    FREE: { description: 'The plan of every user without an active subscription.' },
    PLUS: { description: 'The plan with larger limits than FREE.' },
    PRO: { description: 'The plan with the largest limits.' },
  } as const,
})

export const PlanType = builder.objectRef<Plan>('Plan').implement({
  description: 'A plan that users can have.',
  fields: (t) => ({
    tier: t.expose('tier', { type: PlanTier, description: 'The tier of the plan.' }),
    name: t.exposeString('name', { description: 'The display name. Example: Plus.' }),
    monthlyCredits: t.exposeInt('monthlyCredits', {
      description: 'The number of credits granted for each paid month. Unused credits expire at the end of that month.',
    }),
    limits: t.field({
      type: ['PlanLimit'],
      description: 'The limits of the plan, at least one for every meter.',
      resolve: ({ limits }) => [...limits],
    }),
  }),
})

builder.queryField('plans', (t) =>
  t.field({
    type: [PlanType],
    description: 'All plans, from the smallest to the largest. Does not require authentication.',
    resolve: (_root, _args, { services }) => [...services(billing).plans.plans],
  }),
)
