import { builder } from '../../../graphql/builder.ts'
import { findUser } from '../../users/index.ts'
import { watchBalance } from '../queries/watch-balance.ts'
import { credits } from '../services.ts'

builder.subscriptionField('creditBalanceChanged', (t) =>
  t.withAuth({ signedIn: true }).prismaField({
    type: 'User',
    description:
      'Sends the current balance first, then the newest balance after every change (quick changes are merged).',
    subscribe: (_root, _args, { viewer, services, signal }) =>
      watchBalance(services(credits), { userId: viewer.id, signal: signal() }),
    resolve: (query, userId, _args, { db }) => findUser(db.prisma, query, userId as string),
  }),
)
