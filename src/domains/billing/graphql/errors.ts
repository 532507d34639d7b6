import { builder } from '../../../graphql/builder.ts'
import { ErrorInterface, errorFields } from '../../../graphql/error-types.ts'
import { ManagedElsewhere } from '../errors.ts'

builder.objectType(ManagedElsewhere, {
  name: 'ManagedElsewhereError',
  description: 'The subscription can only be cancelled in the store where it was bought. Send the user there.',
  interfaces: [ErrorInterface],
  fields: (t) => ({
    ...errorFields<ManagedElsewhere>('MANAGED_ELSEWHERE')(t),
    managementUrl: t.field({
      type: 'URL',
      nullable: true,
      description: 'Where the user can cancel it. Null if it is not known.',
      resolve: (error) => error.managementUrl,
    }),
  }),
})
