import { builder } from '../../../graphql/builder.ts'
import { ErrorInterface, errorFields } from '../../../graphql/error-types.ts'
import { ManagedElsewhere } from '../errors.ts'

builder.objectType(ManagedElsewhere, {
  name: 'ManagedElsewhereError',
  description: 'Only the store where it was bought can do it: send the person there.',
  interfaces: [ErrorInterface],
  fields: (t) => ({
    ...errorFields<ManagedElsewhere>('MANAGED_ELSEWHERE')(t),
    managementUrl: t.field({
      type: 'URL',
      nullable: true,
      description: 'Where they do it; null where that is not known.',
      resolve: (error) => error.managementUrl,
    }),
  }),
})
