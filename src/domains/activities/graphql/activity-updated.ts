import { builder } from '../../../graphql/builder.ts'
import { parseId } from '../../../graphql/ids.ts'
import { NotFound } from '../../../platform/errors.ts'
import { watchActivity } from '../watch-activity.ts'
import { ActivityNode } from './activity.ts'

builder.subscriptionField('activityUpdated', (t) =>
  t.withAuth({ signedIn: true }).prismaField({
    type: ActivityNode,
    description: 'Begins with the present state, then every change; ends when the activity is deleted.',
    args: { activityId: t.arg.id({ required: true, description: "The activity's global id." }) },
    subscribe: (_root, args, { viewer, db, events, signal }) => {
      const activityId = parseId('Activity', args.activityId, ['activityId'])
      return watchActivity({ db, events }, { userId: viewer.user.id, activityId, signal: signal() })
    },
    resolve: async (query, activityId, _args, { db }) => {
      const activity = await db.prisma.activity.findUnique({ ...query, where: { id: activityId as string } })
      // Deleted since its last change was seen: the stream ends at the next look.
      if (!activity) throw new NotFound('activity')
      return activity
    },
  }),
)
