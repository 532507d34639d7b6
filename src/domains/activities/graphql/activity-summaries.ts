import { builder } from '../../../graphql/builder.ts'
import { costing } from '../../../graphql/limits/field-cost.ts'
import { InvalidInput } from '../../../platform/errors.ts'
import { activityMessages } from '../messages.ts'
import { type ActivitySummary, summarize } from '../queries/summarize.ts'

const SummaryPeriod = builder.enumType('SummaryPeriod', {
  description: 'The period of a summary.',
  values: {
    WEEK: { value: 'week', description: 'An ISO week, starting on Monday.' },
    MONTH: { value: 'month', description: 'A calendar month.' },
  } as const,
})

const ActivitySummaryType = builder.objectRef<ActivitySummary>('ActivitySummary').implement({
  description: 'The totals of one week or month. Weeks are ISO weeks, starting on Monday.',
  fields: (t) => ({
    startsOn: t.expose('startsOn', {
      type: 'Date',
      description: "The first day of the period, in the user's time zone.",
    }),
    count: t.exposeInt('count', { description: 'The number of activities.' }),
    distanceMeters: t.exposeFloat('distanceMeters', {
      description: 'The total distance of the activities that have one.',
    }),
    durationSeconds: t.exposeFloat('durationSeconds', { description: 'The total duration.' }),
    elevationGainMeters: t.exposeFloat('elevationGainMeters', {
      description: 'The total ascent of the activities that have one.',
    }),
  }),
})

const maxPeriods = 100

function checkLast(last: number): number {
  if (last >= 1 && last <= maxPeriods) return last
  throw InvalidInput.of('last', activityMessages.periods({ max: maxPeriods }))
}

builder.prismaObjectFields('User', (t) => ({
  activitySummaries: t.field({
    type: [ActivitySummaryType],
    extensions: costing({ own: 10 }),
    description:
      "Totals per week or month in the user's time zone, newest first. Periods without an activity are omitted.",
    args: {
      period: t.arg({ type: SummaryPeriod, required: true, description: 'The period to group by.' }),
      last: t.arg.int({
        defaultValue: 12,
        description: 'The number of most recent periods to return, 1 to 100. Only periods that have an activity count.',
      }),
    },
    resolve: (user, { period, last }, { db }) =>
      summarize(db.prisma, { userId: user.id, timeZone: user.timeZone, period, last: checkLast(last ?? 12) }),
  }),
}))
