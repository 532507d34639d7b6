import { builder } from '../../../graphql/builder.ts'
import { perMinute } from '../../../graphql/limits/mutation-rate.ts'
import { ProviderUnavailable } from '../../../platform/errors.ts'
import { updateProfile } from '../commands/update-profile.ts'
import { users } from '../services.ts'
import { UserNode } from './user.ts'

const UpdateProfileInput = builder.inputType('UpdateProfileInput', {
  description:
    'The fields of the profile to update. An omitted field is not changed. A field set to null is cleared (timeZone is reset to UTC).',
  fields: (t) => ({
    firstName: t.string({ description: 'The given name, at most 100 characters.' }),
    lastName: t.string({ description: 'The family name, at most 100 characters.' }),
    timeZone: t.string({ description: 'An IANA time zone name. Example: Europe/Berlin.' }),
    locale: t.string({ description: 'A BCP 47 language tag. Examples: de, pt-BR.' }),
  }),
})

const UpdateProfilePayload = builder.objectRef<{ readonly id: string }>('UpdateProfilePayload').implement({
  description: 'Returned when the profile was updated.',
  fields: (t) => ({
    user: t.prismaField({
      type: UserNode,
      description: 'The updated user.',
      resolve: (query, { id }, _args, { db }) => db.prisma.user.findUniqueOrThrow({ ...query, where: { id } }),
    }),
  }),
})

builder.mutationField('updateProfile', (t) =>
  t.withAuth({ signedIn: true }).field({
    type: UpdateProfilePayload,
    nullable: true,
    rate: perMinute(100),
    description:
      'Updates the profile of the signed-in user. Names are also updated in Clerk, so that they apply wherever the user signs in.',
    errors: {
      types: [ProviderUnavailable],
      union: { description: 'The updated profile or an error.' },
    },
    args: { input: t.arg({ type: UpdateProfileInput, required: true, description: 'The fields to update.' }) },
    resolve: async (_root, { input: changes }, { viewer, services }) => {
      await updateProfile(services(users), viewer, { clerkId: viewer.user.clerkId, changes })
      return { id: viewer.id }
    },
  }),
)
