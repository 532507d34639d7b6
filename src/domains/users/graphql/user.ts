import type { User } from '../../../generated/prisma/client.ts'
import { builder } from '../../../graphql/builder.ts'
import type { Context } from '../../../graphql/context.ts'
import { readsColumns } from '../../../graphql/selected-columns.ts'
import { users } from '../services.ts'

const Role = builder.enumType('Role', {
  description: 'The role of a user.',
  values: {
    USER: { description: 'Can read and change only their own data.' },
    ADMIN: { description: 'Can also help other users. What an admin reads and changes is recorded in the audit log.' },
  } as const,
})

export const UserNode = builder.prismaNode('User', {
  id: { field: 'id', description: 'The global ID. It is unique across all types; treat it as opaque.' },
  description: 'A user account. Users can read only their own account, admins all accounts.',
  nullable: true,
  // Users find only themselves. Admins find all users who are not deleted or being deleted.
  findUnique: (id, { viewer }) =>
    viewer?.isAdmin ? { id, isPresent: true } : { id, AND: { id: viewer?.user.id ?? '' } },
  extensions: { columnsRead: ['id'] },
  authScopes: ({ id }: Pick<User, 'id'>) => ({ read: id }),
  fields: (t) => ({
    email: t.string({
      nullable: true,
      description: 'The primary email address. Null for users who have none, or have not verified it.',
      ...readsColumns(
        { emailEncrypted: true },
        ({ emailEncrypted }: Pick<User, 'emailEncrypted'>, _args: object, context: Context) =>
          context.services(users).emails.read(emailEncrypted),
      ),
    }),
    name: t.string({
      nullable: true,
      description: 'The first and last name, or else the username. Null if none of them is set.',
      ...readsColumns(
        { firstName: true, lastName: true, username: true },
        ({ firstName, lastName, username }: Pick<User, 'firstName' | 'lastName' | 'username'>) =>
          [firstName, lastName].filter(Boolean).join(' ') || username,
      ),
    }),
    firstName: t.exposeString('firstName', { nullable: true, description: 'The given name.' }),
    lastName: t.exposeString('lastName', { nullable: true, description: 'The family name.' }),
    username: t.exposeString('username', { nullable: true, description: 'The username, if the app uses usernames.' }),
    imageUrl: t.expose('imageUrl', { type: 'URL', nullable: true, description: 'The URL of the profile picture.' }),
    timeZone: t.exposeString('timeZone', {
      description: 'The IANA time zone name. Summaries and titles use this time zone.',
    }),
    locale: t.exposeString('chosenLocale', {
      nullable: true,
      description:
        'The BCP 47 language tag that the user has chosen; null until then. Messages are written in this language if it is Korean or English, else in English. Where it is null, the header Accept-Language decides.',
    }),
    role: t.field({
      type: Role,
      description: 'The role of the user.',
      ...readsColumns(
        { id: true, role: true },
        ({ id, role }: Pick<User, 'id' | 'role'>, _args: object, { viewer }: Context) =>
          viewer?.isAdmin && viewer.user.id === id ? 'ADMIN' : role,
      ),
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When the account was created on this server.' }),
  }),
})
