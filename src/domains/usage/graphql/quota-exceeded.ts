import { builder } from '../../../graphql/builder.ts'
import { ErrorInterface, errorFields } from '../../../graphql/error-types.ts'
import { QuotaExceeded } from '../errors.ts'
import { Meter, QuotaPeriod } from './meters.ts'

builder.objectType(QuotaExceeded, {
  name: 'QuotaExceededError',
  description: 'The plan does not give so much. What is there stays.',
  interfaces: [ErrorInterface],
  fields: (t) => ({
    ...errorFields<QuotaExceeded>('QUOTA_EXCEEDED')(t),
    meter: t.expose('meter', { type: Meter, description: 'Of what too little is left.' }),
    period: t.expose('period', { type: QuotaPeriod, description: 'Over what it is counted.' }),
    limit: t.expose('limit', { type: 'SafeInt', description: 'How much the plan gives.' }),
    used: t.expose('used', {
      type: 'SafeInt',
      description: 'How much is used; more than the limit after a change to a smaller plan.',
    }),
    resetAt: t.expose('resetAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When counting begins anew; null for TOTAL.',
    }),
  }),
})
