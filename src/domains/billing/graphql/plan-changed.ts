import { builder } from '../../../graphql/builder.ts'
import { watchPlan } from '../watch-plan.ts'

builder.subscriptionField('planChanged', (t) =>
  t.withAuth({ signedIn: true }).prismaField({
    type: 'User',
    description:
      'Begins with the present plan, then every change of it and of the subscriptions behind it, those that time alone makes too.',
    subscribe: (_root, _args, { viewer, db, events, clock, ports, signal }) =>
      watchPlan({ db, events, clock, plans: ports.plans }, { userId: viewer.user.id, signal: signal() }),
    resolve: (query, userId, _args, { db }) =>
      db.prisma.user.findUniqueOrThrow({ ...query, where: { id: userId as string } }),
  }),
)
