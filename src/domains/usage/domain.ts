import './graphql/schema.ts'
import { defineDomain } from '../define-domain.ts'
import { createUsage } from './create-usage.ts'
import { usageMessages } from './messages.ts'
import { observeStorage } from './observe-storage.ts'
import { usageOfUser } from './personal-data.ts'
import { type UsageServices, usage } from './services.ts'

/** The usage of each user, counted against the limits of the plan. */
export const usageDomain = defineDomain<unknown, UsageServices>({
  name: 'usage',
  key: usage,
  build({ platform: { db, clock, metrics, config }, declarations }) {
    const { planLimits } = declarations
    return { ...createUsage({ db, clock, metrics, planLimits }), storageBytesLimit: config.storageBytesLimit }
  },
  metrics({ db, storageBytesLimit: bytesLimit, startCounters }, metrics) {
    startCounters()
    observeStorage(metrics, { db: db.prisma, bytesLimit })
  },
  messages: [usageMessages],
  personalData: () => [usageOfUser],
})
