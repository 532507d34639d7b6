import { builder } from '../../../graphql/builder.ts'
import { ErrorInterface, errorFields } from '../../../graphql/error-types.ts'
import { InsufficientCredits } from '../errors.ts'

builder.objectType(InsufficientCredits, {
  name: 'InsufficientCreditsError',
  description: 'The balance is too low.',
  interfaces: [ErrorInterface],
  fields: (t) => ({
    ...errorFields<InsufficientCredits>('INSUFFICIENT_CREDITS')(t),
    required: t.exposeInt('required', { description: 'The credits that are needed.' }),
    available: t.exposeInt('available', { description: 'The credits that can be spent.' }),
  }),
})
