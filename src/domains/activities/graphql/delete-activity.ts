import { builder } from '../../../graphql/builder.ts'
import { parseId, toGlobalId } from '../../../graphql/ids.ts'
import { NotFound } from '../../../platform/errors.ts'
import { deleteActivity } from '../delete-activity.ts'

const DeleteActivityPayload = builder.objectRef<{ readonly deletedId: string }>('DeleteActivityPayload').implement({
  description: 'A removed activity.',
  fields: (t) => ({
    deletedId: t.exposeID('deletedId', { description: 'The global id of what is gone.' }),
  }),
})

builder.mutationField('deleteActivity', (t) =>
  t.withAuth({ signedIn: true }).field({
    type: DeleteActivityPayload,
    nullable: true,
    rate: null,
    description: 'Removes an activity, its series and its file.',
    errors: { types: [NotFound], union: { description: 'The removed activity, or why it is not.' } },
    args: { activityId: t.arg.id({ required: true, description: "The activity's global id." }) },
    resolve: async (_root, args, { viewer, db, clock }) => {
      const activityId = parseId('Activity', args.activityId, ['activityId'])
      await db.transaction((tx) => deleteActivity(tx, { userId: viewer.user.id, activityId, now: clock() }))
      return { deletedId: toGlobalId('Activity', activityId) }
    },
  }),
)
