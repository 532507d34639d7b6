import type { User } from '../../../generated/prisma/client.ts'
import { reading } from '../../../graphql/asked-columns.ts'
import { builder } from '../../../graphql/builder.ts'
import type { Context } from '../../../graphql/context.ts'

const Role = builder.enumType('Role', {
  description: 'What a person may do.',
  values: {
    USER: { description: 'Sees and changes what is their own.' },
    ADMIN: { description: 'Also helps others; what an admin reads and does is recorded.' },
  } as const,
})

export const UserNode = builder.prismaNode('User', {
  id: { field: 'id', description: 'Globally unique: it names the type too. Opaque to clients.' },
  description: 'A person with an account: you; for admins, anybody.',
  nullable: true,
  // Only oneself: another's id finds nothing. Admins find all who are not deleted or being so.
  findUnique: (id, { viewer }) =>
    viewer?.isAdmin ? { id, isPresent: true } : { id, AND: { id: viewer?.user.id ?? '' } },
  extensions: { columnsRead: ['id'] },
  authScopes: ({ id }: Pick<User, 'id'>) => ({ read: id }),
  fields: (t) => ({
    email: t.string({
      nullable: true,
      description: 'The primary e-mail address; null for people who signed up without one.',
      ...reading({ emailSealed: true }, ({ emailSealed }: Pick<User, 'emailSealed'>, _args: object, context: Context) =>
        context.ports.emails.read(emailSealed),
      ),
    }),
    name: t.string({
      nullable: true,
      description: 'First and last name joined, or the username, or null.',
      ...reading(
        { firstName: true, lastName: true, username: true },
        ({ firstName, lastName, username }: Pick<User, 'firstName' | 'lastName' | 'username'>) =>
          [firstName, lastName].filter(Boolean).join(' ') || username,
      ),
    }),
    firstName: t.exposeString('firstName', { nullable: true, description: 'The given name.' }),
    lastName: t.exposeString('lastName', { nullable: true, description: 'The family name.' }),
    username: t.exposeString('username', { nullable: true, description: 'The username, where the app uses them.' }),
    imageUrl: t.expose('imageUrl', { type: 'URL', nullable: true, description: "The person's picture." }),
    timeZone: t.exposeString('timeZone', { description: 'IANA name; summaries and titles follow it.' }),
    locale: t.exposeString('locale', { description: 'BCP 47; messages are written in it.' }),
    role: t.field({
      type: Role,
      description: 'What the person may do.',
      ...reading(
        { id: true, role: true },
        ({ id, role }: Pick<User, 'id' | 'role'>, _args: object, { viewer }: Context) =>
          viewer?.isAdmin && viewer.user.id === id ? 'ADMIN' : role,
      ),
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When the account came to be here.' }),
  }),
})
