import { builder } from '../../../graphql/builder.ts'

export const Meter = builder.enumType('Meter', {
  description: 'What is counted.',
  values: {
    STORAGE_BYTES: {
      description: 'Bytes of stored files and of pending uploads. Deleting files makes them available again.',
    },
    UPLOADS: { description: 'Requested uploads, whatever their outcome.' },
    VIDEOS: { description: 'Created videos.' },
    COACH_TOKENS: { description: 'Tokens used in conversations with the coach.' },
    DATA_EXPORTS: { description: "Exports of a user's data." },
  } as const,
})

export const QuotaPeriod = builder.enumType('QuotaPeriod', {
  description: "The period over which usage is counted. Weeks and months follow the user's time zone.",
  values: {
    WEEK: { description: 'A week from Monday to Sunday.' },
    MONTH: { description: 'A calendar month.' },
    TOTAL: { description: 'The amount in use now. It is not reset over time.' },
  } as const,
})

builder.objectType('PlanLimit', {
  description: 'A limit of a plan.',
  fields: (t) => ({
    meter: t.expose('meter', { type: Meter, description: 'What is counted.' }),
    period: t.expose('period', { type: QuotaPeriod, description: 'The period over which usage is counted.' }),
    limit: t.expose('limit', { type: 'SafeInt', description: 'The largest amount allowed. 0 allows none.' }),
  }),
})
