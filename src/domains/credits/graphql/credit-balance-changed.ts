import { builder } from '../../../graphql/builder.ts'
import { watchBalance } from '../watch-balance.ts'

builder.subscriptionField('creditBalanceChanged', (t) =>
  t.withAuth({ signedIn: true }).prismaField({
    type: 'User',
    description: 'Begins with the present balance, then every change of it.',
    subscribe: (_root, _args, { viewer, db, events, signal }) =>
      watchBalance({ db, events }, { userId: viewer.user.id, signal: signal() }),
    resolve: (query, userId, _args, { db }) =>
      db.prisma.user.findUniqueOrThrow({ ...query, where: { id: userId as string } }),
  }),
)
