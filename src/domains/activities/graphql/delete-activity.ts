import { builder } from '../../../graphql/builder.ts'
import { parseInputId, toGlobalId } from '../../../graphql/ids.ts'
import { NotFound } from '../../../platform/errors.ts'
import { deleteActivity } from '../commands/delete-activity.ts'
import { activities } from '../services.ts'

const DeleteActivityInput = builder.inputType('DeleteActivityInput', {
  description: 'The activity to delete.',
  fields: (t) => ({ activityId: t.id({ required: true, description: "The activity's global ID." }) }),
})

const DeleteActivityPayload = builder.objectRef<{ readonly deletedId: string }>('DeleteActivityPayload').implement({
  description: 'Returned when the activity was deleted.',
  fields: (t) => ({
    deletedId: t.exposeID('deletedId', { description: 'The global ID of the deleted activity.' }),
  }),
})

builder.mutationField('deleteActivity', (t) =>
  t.withAuth({ signedIn: true }).field({
    type: DeleteActivityPayload,
    nullable: true,
    rate: null,
    description: 'Deletes an activity, its track and its file.',
    errors: { types: [NotFound], union: { description: 'The ID of the deleted activity, or an error.' } },
    args: { input: t.arg({ type: DeleteActivityInput, required: true, description: 'The activity to delete.' }) },
    resolve: async (_root, { input }, { viewer, services }) => {
      const activityId = parseInputId('Activity', input.activityId, 'activityId')
      await deleteActivity(services(activities), viewer, activityId)
      return { deletedId: toGlobalId('Activity', activityId) }
    },
  }),
)
