import { builder } from '../../../graphql/builder.ts'
import { requestLoader } from '../../../graphql/request-loader.ts'
import type { MeterUsage } from '../create-usage.ts'
import { usage } from '../services.ts'
import { Meter, QuotaPeriod } from './meters.ts'

/** Loads the usage of all users in a response in two statements. */
const usageLoader = requestLoader<readonly MeterUsage[]>(async ({ db, clock, services }, ids) => {
  const usages = await services(usage).of(db.prisma, ids, clock())
  return ids.map((id) => usages.get(id) ?? [])
})

const UsageType = builder.objectRef<MeterUsage>('Usage').implement({
  description: 'The usage of one limit of the plan.',
  fields: (t) => ({
    meter: t.expose('meter', { type: Meter, description: 'What is counted.' }),
    period: t.expose('period', { type: QuotaPeriod, description: 'The period over which usage is counted.' }),
    used: t.expose('used', {
      type: 'SafeInt',
      description: 'The amount used. It can exceed the limit after a change to a smaller plan.',
    }),
    limit: t.expose('limit', { type: 'SafeInt', description: 'The limit of the plan.' }),
    resetAt: t.expose('resetAt', {
      type: 'DateTime',
      nullable: true,
      description:
        'When the count is reset: the end of the week or month. A changed time zone takes effect at that time. Null for TOTAL.',
    }),
  }),
})

builder.prismaObjectFields('User', (t) => ({
  usage: t.field({
    type: [UsageType],
    description: 'The usage of each limit of the current plan.',
    resolve: async ({ id }, _args, context) => [...(await usageLoader(context).load(id))],
  }),
}))
