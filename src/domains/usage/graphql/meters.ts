import { builder } from '../../../graphql/builder.ts'

export const Meter = builder.enumType('Meter', {
  description: 'What is counted.',
  values: {
    STORAGE_BYTES: { description: 'Bytes of files that are here or announced. Deleting gives them back.' },
    UPLOADS: { description: 'Files that were announced, whatever became of them.' },
    VIDEOS: { description: 'Videos that were made.' },
    COACH_TOKENS: { description: 'Tokens of conversations with the coach.' },
    DATA_EXPORTS: { description: "Exports of a person's data." },
  } as const,
})

export const QuotaPeriod = builder.enumType('QuotaPeriod', {
  description: "Over what a limit holds. Weeks and months are those of the person's time zone.",
  values: {
    WEEK: { description: 'From Monday to Sunday.' },
    MONTH: { description: 'A calendar month.' },
    TOTAL: { description: 'All that is there now; no time gives it back.' },
  } as const,
})

builder.objectType('PlanLimit', {
  description: 'How much of something a plan gives.',
  fields: (t) => ({
    meter: t.expose('meter', { type: Meter, description: 'What is counted.' }),
    period: t.expose('period', { type: QuotaPeriod, description: 'Over what it is counted.' }),
    limit: t.expose('limit', { type: 'SafeInt', description: 'How much at most; 0: none.' }),
  }),
})
