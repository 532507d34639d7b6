import DataLoader from 'dataloader'
import { builder } from '../../../graphql/builder.ts'
import type { Context } from '../../../graphql/context.ts'
import type { MeterUsage } from '../create-usage.ts'
import { Meter, QuotaPeriod } from './meters.ts'

const loaders = new WeakMap<Context, DataLoader<string, readonly MeterUsage[]>>()

/** The usage of many people of one answer, in two statements. */
function usageLoader(context: Context): DataLoader<string, readonly MeterUsage[]> {
  const known = loaders.get(context)
  if (known) return known
  const { db, clock, ports } = context
  const load = async (ids: readonly string[]) => {
    const usage = await ports.usage.of(db.prisma, ids, clock())
    return ids.map((id) => usage.get(id) ?? [])
  }
  // Not remembered: a subscription's one context answers again and again.
  const loader = new DataLoader(load, { cache: false })
  loaders.set(context, loader)
  return loader
}

const UsageType = builder.objectRef<MeterUsage>('Usage').implement({
  description: 'How much of a limit of the plan is used.',
  fields: (t) => ({
    meter: t.expose('meter', { type: Meter, description: 'What is counted.' }),
    period: t.expose('period', { type: QuotaPeriod, description: 'Over what it is counted.' }),
    used: t.expose('used', {
      type: 'SafeInt',
      description: 'How much is used; more than the limit after a change to a smaller plan.',
    }),
    limit: t.expose('limit', { type: 'SafeInt', description: 'How much the plan gives.' }),
    resetAt: t.expose('resetAt', {
      type: 'DateTime',
      nullable: true,
      description:
        'When counting begins anew: the end of the week or month. A changed time zone counts from then on. Null for TOTAL.',
    }),
  }),
})

builder.prismaObjectFields('User', (t) => ({
  usage: t.field({
    type: [UsageType],
    description: 'What is used of every limit of the plan that counts now.',
    resolve: async ({ id }, _args, context) => [...(await usageLoader(context).load(id))],
  }),
}))
