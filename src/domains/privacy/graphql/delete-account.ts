import { builder } from '../../../graphql/builder.ts'
import { toGlobalId } from '../../../graphql/ids.ts'
import { perHour } from '../../../graphql/limits/mutation-rate.ts'
import { ProviderUnavailable } from '../../../platform/errors.ts'
import { ManagedElsewhere } from '../../billing/index.ts'
import { deleteAccount } from '../commands/delete-account.ts'
import { privacy } from '../services.ts'

const DeleteAccountInput = builder.inputType('DeleteAccountInput', {
  description: 'The confirmation that the account is to be deleted.',
  fields: (t) => ({
    confirm: t.string({ required: true, description: 'The word DELETE, to prevent accidental deletion.' }),
  }),
})

const DeleteAccountPayload = builder.objectRef<{ readonly deletedId: string }>('DeleteAccountPayload').implement({
  description: 'Returned when the deletion of the account has started.',
  fields: (t) => ({
    deletedId: t.exposeID('deletedId', { description: 'The global ID of the user whose account is being deleted.' }),
  }),
})

builder.mutationField('deleteAccount', (t) =>
  t.withAuth({ signedIn: true }).field({
    type: DeleteAccountPayload,
    nullable: true,
    rate: perHour(30),
    description:
      'Deletes your account: your requests are refused from then on, and all personal data is erased. This cannot be undone. Subscriptions that renew are cancelled first. If only the store can cancel one of them, nothing is deleted until it is cancelled there.',
    errors: {
      types: [ManagedElsewhere, ProviderUnavailable],
      union: { description: 'The ID of the account that is being deleted, or an error.' },
    },
    args: { input: t.arg({ type: DeleteAccountInput, required: true, description: 'The confirmation.' }) },
    resolve: async (_root, { input }, { viewer, services }) => {
      await deleteAccount(services(privacy), viewer, input.confirm)
      return { deletedId: toGlobalId('User', viewer.id) }
    },
  }),
)
