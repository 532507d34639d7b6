import { builder } from '../../../graphql/builder.ts'
import { perMinute } from '../../../graphql/limits/mutation-rate.ts'
import { ProviderUnavailable } from '../../../platform/errors.ts'
import { updateProfile } from '../update-profile.ts'
import { UserNode } from './user.ts'

const UpdateProfileInput = builder.inputType('UpdateProfileInput', {
  description:
    'What to change of the profile. A field left out stays; a field set to null is cleared (timeZone returns to UTC, locale to en).',
  fields: (t) => ({
    firstName: t.string({ description: 'The given name, up to 100 characters.' }),
    lastName: t.string({ description: 'The family name, up to 100 characters.' }),
    timeZone: t.string({ description: 'An IANA name: Europe/Berlin.' }),
    locale: t.string({ description: 'A BCP 47 tag: de, pt-BR.' }),
  }),
})

const UpdateProfilePayload = builder.objectRef<{ readonly id: string }>('UpdateProfilePayload').implement({
  description: 'A changed profile.',
  fields: (t) => ({
    user: t.prismaField({
      type: UserNode,
      description: 'You, as you are now.',
      resolve: (query, { id }, _args, { db }) => db.prisma.user.findUniqueOrThrow({ ...query, where: { id } }),
    }),
  }),
})

builder.mutationField('updateProfile', (t) =>
  t.withAuth({ signedIn: true }).field({
    type: UpdateProfilePayload,
    nullable: true,
    rate: perMinute(100),
    description: 'Changes the profile. Names go to Clerk too, so that they hold wherever the person signs in.',
    errors: {
      types: [ProviderUnavailable],
      union: { description: 'The changed profile, or why it is not.' },
    },
    args: { input: t.arg({ type: UpdateProfileInput, required: true, description: 'What to change.' }) },
    resolve: async (_root, { input: changes }, { viewer, db, ports, clock }) => {
      const { directory, emails, onArrival } = ports
      await updateProfile({ db, directory, emails, onArrival }, { person: viewer.user, changes, now: clock() })
      return { id: viewer.user.id }
    },
  }),
)
