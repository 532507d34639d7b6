import { queryFromInfo } from '@pothos/plugin-prisma'
import type { User } from '../../../generated/prisma/client.ts'
import { narrowed } from '../../../graphql/asked-columns.ts'
import { builder } from '../../../graphql/builder.ts'
import { pageArgs } from '../../../graphql/connection.ts'
import { keysetConnection, keysetQuery, type Order } from '../../../graphql/keyset.ts'
import { costing, pageCost } from '../../../graphql/limits/field-cost.ts'
import { mayRead } from '../../../graphql/may-read.ts'
import { Forbidden } from '../../../platform/errors.ts'
import { usersFound } from '../search-users.ts'
import { UserNode } from './user.ts'

const newestFirst: Order<'createdAt'> = { name: 'users', column: 'createdAt', direction: 'desc', kind: 'instant' }

const UserConnection = builder.connectionObject(
  { type: UserNode, name: 'UserConnection', description: 'A page of people.' },
  { name: 'UserEdge', description: 'A person in a list.' },
)

builder.queryField('users', (t) =>
  t.withAuth({ signedIn: true }).field({
    type: UserConnection,
    description: 'Everybody who has an account, newest first. Admins only; whom they read is recorded.',
    extensions: costing(pageCost),
    args: {
      ...pageArgs(t.arg),
      search: t.arg.string({
        description:
          'Only those with exactly this e-mail address, or whose first, last, whole or user name begins so, in any case. 320 characters at most; everybody, when left out or blank.',
      }),
    },
    resolve: async (_root, { search, ...args }, context, info) => {
      const { viewer, db, ports } = context
      if (!viewer.isAdmin) throw new Forbidden('list people')
      const page = keysetQuery(args, newestFirst)
      const found = await usersFound({ db: db.prisma, emails: ports.emails }, search ?? '')
      const nodes: object = narrowed(
        queryFromInfo({ context, info, typeName: 'User', path: ['edges', 'node'] }),
        info.returnType,
        context.asked,
        { id: true, createdAt: true },
      )
      const rows: User[] = await db.prisma.user.findMany({ ...nodes, ...page, where: { AND: [found, page.where] } })
      const { edges, pageInfo } = keysetConnection(rows, args, newestFirst, 0)
      // Cursors tell of people too, so nothing of the page leaves before all of them are written down.
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
