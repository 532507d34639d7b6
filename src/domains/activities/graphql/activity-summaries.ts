import { builder } from '../../../graphql/builder.ts'
import { costing } from '../../../graphql/limits/field-cost.ts'
import { type ActivitySummary, summarize } from '../summarize.ts'

const SummaryPeriod = builder.enumType('SummaryPeriod', {
  description: 'What to sum by.',
  values: {
    WEEK: { value: 'week', description: 'ISO weeks, from Monday.' },
    MONTH: { value: 'month', description: 'Calendar months.' },
  } as const,
})

const ActivitySummaryType = builder.objectRef<ActivitySummary>('ActivitySummary').implement({
  description: 'The sums of one week or month. Weeks are ISO weeks, from Monday.',
  fields: (t) => ({
    startsOn: t.expose('startsOn', {
      type: 'Date',
      description: "The first day of the period, in the user's time zone.",
    }),
    count: t.exposeInt('count', { description: 'How many activities.' }),
    distanceMeters: t.exposeFloat('distanceMeters', { description: 'The distance of those that have one.' }),
    durationSeconds: t.exposeFloat('durationSeconds', { description: 'The duration of all.' }),
    elevationGainMeters: t.exposeFloat('elevationGainMeters', { description: 'The ascent of those that have one.' }),
  }),
})

builder.prismaObjectFields('User', (t) => ({
  activitySummaries: t.field({
    type: [ActivitySummaryType],
    extensions: costing({ own: 10 }),
    description:
      "Sums per week or month in the user's time zone, newest first. Periods without an activity are left out.",
    args: {
      period: t.arg({ type: SummaryPeriod, required: true, description: 'What to sum by.' }),
      last: t.arg.int({
        defaultValue: 12,
        description: 'The newest so many periods that have an activity, 1 to 100.',
      }),
    },
    resolve: (user, { period, last }, { db }) =>
      summarize(db.prisma, {
        userId: user.id,
        timeZone: user.timeZone,
        period,
        last: Math.min(Math.max(last ?? 12, 1), 100),
      }),
  }),
}))
