import type { Activity } from '../../../generated/prisma/client.ts'
import { builder } from '../../../graphql/builder.ts'
import { parseInputId } from '../../../graphql/ids.ts'
import { checkAll, NotFound } from '../../../platform/errors.ts'
import { checkChanges, updateActivity } from '../commands/update-activity.ts'
import { activities } from '../services.ts'
import { ActivityNode } from './activity.ts'
import { Sport } from './enums.ts'

const UpdateActivityInput = builder.inputType('UpdateActivityInput', {
  description:
    'The fields of the activity to update. An omitted field is not changed. A title set to null is generated from the sport and the time again. The sport cannot be null: use OTHER.',
  fields: (t) => ({
    activityId: t.id({ required: true, description: "The activity's global ID." }),
    title: t.string({ description: 'The title, 1 to 200 characters.' }),
    sport: t.field({ type: Sport, description: 'The sport.' }),
  }),
})

const UpdateActivityPayload = builder.objectRef<{ readonly activity: Activity }>('UpdateActivityPayload').implement({
  description: 'Returned when the activity was updated.',
  fields: (t) => ({
    activity: t.field({
      type: ActivityNode,
      description: 'The updated activity.',
      // The row that the update returned. Its relations are loaded in one more statement.
      resolve: ({ activity }) => activity,
    }),
  }),
})

builder.mutationField('updateActivity', (t) =>
  t.withAuth({ signedIn: true }).field({
    type: UpdateActivityPayload,
    nullable: true,
    rate: null,
    description: 'Updates the title or the sport of an activity.',
    errors: { types: [NotFound], union: { description: 'The updated activity or an error.' } },
    args: {
      input: t.arg({
        type: UpdateActivityInput,
        required: true,
        description: 'The activity and the fields to update.',
      }),
    },
    resolve: async (_root, { input: { activityId, ...changes } }, { viewer, services }) => {
      const { id } = checkAll({
        id: () => parseInputId('Activity', activityId, 'activityId'),
        changes: () => checkChanges(changes),
      })
      return { activity: await updateActivity(services(activities), viewer, { activityId: id, ...changes }) }
    },
  }),
)
