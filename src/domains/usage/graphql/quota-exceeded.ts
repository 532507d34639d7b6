import { builder } from '../../../graphql/builder.ts'
import { ErrorInterface, errorFields } from '../../../graphql/error-types.ts'
import { QuotaExceeded } from '../errors.ts'
import { Meter, QuotaPeriod } from './meters.ts'

builder.objectType(QuotaExceeded, {
  name: 'QuotaExceededError',
  description: 'The request would exceed a limit of the plan. Existing data is kept.',
  interfaces: [ErrorInterface],
  fields: (t) => ({
    ...errorFields<QuotaExceeded>('QUOTA_EXCEEDED')(t),
    meter: t.expose('meter', { type: Meter, description: 'The meter whose limit would be exceeded.' }),
    period: t.expose('period', { type: QuotaPeriod, description: 'The period over which usage is counted.' }),
    limit: t.expose('limit', { type: 'SafeInt', description: 'The limit of the plan.' }),
    used: t.expose('used', {
      type: 'SafeInt',
      description: 'The amount used. It can exceed the limit after a change to a smaller plan.',
    }),
    resetAt: t.expose('resetAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When the count is reset. Null for TOTAL.',
    }),
  }),
})
