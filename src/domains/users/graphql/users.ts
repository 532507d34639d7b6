import { queryFromInfo } from '@pothos/plugin-prisma'
import type { User } from '../../../generated/prisma/client.ts'
import { builder } from '../../../graphql/builder.ts'
import { pageArgs } from '../../../graphql/connection.ts'
import { keysetConnection, keysetQuery, type Order } from '../../../graphql/keyset.ts'
import { costing, pageCost } from '../../../graphql/limits/field-cost.ts'
import { mayRead } from '../../../graphql/may-read.ts'
import { narrowToSelection } from '../../../graphql/selected-columns.ts'
import { Forbidden } from '../../../platform/errors.ts'
import { userMessages } from '../messages.ts'
import { usersFound } from '../queries/search-users.ts'
import { users } from '../services.ts'
import { UserNode } from './user.ts'

const newestFirst: Order<'createdAt'> = { name: 'users', column: 'createdAt', direction: 'desc', kind: 'instant' }

const UserConnection = builder.connectionObject(
  { type: UserNode, name: 'UserConnection', description: 'A page of users.' },
  { name: 'UserEdge', description: 'A user in a connection.' },
)

builder.queryField('users', (t) =>
  t.withAuth({ signedIn: true }).field({
    type: UserConnection,
    description: 'All users, newest first. Admins only. The users that an admin reads are recorded in the audit log.',
    extensions: costing(pageCost),
    args: {
      ...pageArgs(t.arg),
      search: t.arg.string({
        description:
          'Returns only users with exactly this email address, or whose first, last, full or user name starts with this text. Case-insensitive, at most 320 characters. If omitted or blank, all users are returned.',
      }),
    },
    resolve: async (_root, { search, ...args }, context, info) => {
      const { viewer, db, services } = context
      if (!viewer.isAdmin) throw new Forbidden(userMessages.onlyAdminsListUsers())
      const page = keysetQuery(args, newestFirst)
      const found = await usersFound({ db: db.prisma, emails: services(users).emails }, search ?? '')
      const nodes: object = narrowToSelection(
        queryFromInfo({ context, info, typeName: 'User', path: ['edges', 'node'] }),
        info.returnType,
        context.selectedFields,
        { id: true, createdAt: true },
      )
      const rows: User[] = await db.prisma.user.findMany({ ...nodes, ...page, where: { AND: [found, page.where] } })
      const { edges, pageInfo } = keysetConnection(rows, args, newestFirst, 0)
      // Cursors also reveal users, so all users of the page are recorded in the audit log before any of it is returned.
      await Promise.all(edges.map(({ node }) => mayRead(context, node.id)))
      return {
        edges,
        pageInfo,
        get totalCount() {
          return db.prisma.user.count({ where: found })
        },
      }
    },
  }),
)
