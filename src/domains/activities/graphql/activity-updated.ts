import { builder } from '../../../graphql/builder.ts'
import { parseId } from '../../../graphql/ids.ts'
import { NotFound } from '../../../platform/errors.ts'
import { activityMessages } from '../messages.ts'
import { watchActivity } from '../queries/watch-activity.ts'
import { activities } from '../services.ts'
import { ActivityNode } from './activity.ts'

builder.subscriptionField('activityUpdated', (t) =>
  t.withAuth({ signedIn: true }).prismaField({
    type: ActivityNode,
    description:
      'Sends the current state first, then the newest state after every change (quick changes are merged). Ends when the activity is deleted.',
    args: { activityId: t.arg.id({ required: true, description: "The activity's global ID." }) },
    subscribe: (_root, args, { viewer, services, signal }) => {
      const activityId = parseId('Activity', args.activityId, ['activityId'])
      return watchActivity(services(activities), { userId: viewer.id, activityId, signal: signal() })
    },
    resolve: async (query, activityId, _args, { db }) => {
      const activity = await db.prisma.activity.findUnique({ ...query, where: { id: activityId as string } })
      // The activity was deleted after the last notification. The stream ends at the next check.
      if (!activity) throw new NotFound(activityMessages.notFound())
      return activity
    },
  }),
)
