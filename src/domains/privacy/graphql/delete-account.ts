import { builder } from '../../../graphql/builder.ts'
import { toGlobalId } from '../../../graphql/ids.ts'
import { perHour } from '../../../graphql/limits/mutation-rate.ts'
import { ProviderUnavailable } from '../../../platform/errors.ts'
import { ManagedElsewhere } from '../../billing/index.ts'
import { deleteAccount } from '../delete-account.ts'

const DeleteAccountPayload = builder.objectRef<{ readonly deletedId: string }>('DeleteAccountPayload').implement({
  description: 'An account that is being deleted.',
  fields: (t) => ({ deletedId: t.exposeID('deletedId', { description: 'Whose.' }) }),
})

builder.mutationField('deleteAccount', (t) =>
  t.withAuth({ signedIn: true }).field({
    type: DeleteAccountPayload,
    nullable: true,
    rate: perHour(30),
    description:
      'Deletes your account: you are refused from now on, and everything personal is erased. It cannot be undone. Subscriptions that renew are cancelled before; where only the store can do that, nothing is deleted until it is done there.',
    errors: {
      types: [ManagedElsewhere, ProviderUnavailable],
      union: { description: 'That the account is being deleted, or why it is not.' },
    },
    args: {
      confirm: t.arg.string({
        required: true,
        description: 'The word DELETE, so that nothing happens by accident.',
      }),
    },
    resolve: async (_root, { confirm }, { viewer, db, ports, clock }) => {
      const userId = viewer.user.id
      await deleteAccount({ ...ports, db, clock }, { userId, confirm, now: clock() })
      return { deletedId: toGlobalId('User', userId) }
    },
  }),
)
