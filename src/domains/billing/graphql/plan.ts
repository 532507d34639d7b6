import type { Plan } from '../../../config/plans.ts'
import { builder } from '../../../graphql/builder.ts'

export const PlanTier = builder.enumType('PlanTier', {
  description: 'Plans from the smallest to the largest.',
  values: {
    FREE: { description: 'What everybody has.' },
    PLUS: { description: 'More of everything.' },
    PRO: { description: 'Most of everything.' },
  } as const,
})

export const PlanType = builder.objectRef<Plan>('Plan').implement({
  description: 'What people get for what they pay.',
  fields: (t) => ({
    tier: t.expose('tier', { type: PlanTier, description: 'Which it is.' }),
    name: t.exposeString('name', { description: 'For people: Plus.' }),
    monthlyCredits: t.exposeInt('monthlyCredits', {
      description: 'Credits given for each month that is paid; what is left of them lapses with it.',
    }),
    limits: t.field({
      type: ['PlanLimit'],
      description: 'How much of everything it gives; every meter is there.',
      resolve: ({ limits }) => [...limits],
    }),
  }),
})

builder.queryField('plans', (t) =>
  t.field({
    type: [PlanType],
    description: 'What people can have, from the smallest to the largest. Nobody needs to sign in for it.',
    resolve: (_root, _args, { ports }) => [...ports.plans.plans],
  }),
)
