import { builder } from '../../../../graphql/builder.ts'
import { findUser } from '../../../users/index.ts'
import { billing } from '../../services.ts'
import { watchPlan } from '../watch-plan.ts'

builder.subscriptionField('planChanged', (t) =>
  t.withAuth({ signedIn: true }).prismaField({
    type: 'User',
    description:
      'Sends the current plan first, then the newest state after every change of the plan or its subscriptions (quick changes are merged). Includes changes caused only by time, such as an expiry.',
    subscribe: (_root, _args, { viewer, services, signal }) =>
      watchPlan(services(billing), { userId: viewer.id, signal: signal() }),
    resolve: (query, userId, _args, { db }) => findUser(db.prisma, query, userId as string),
  }),
)
