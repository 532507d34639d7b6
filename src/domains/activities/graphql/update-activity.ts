import type { Activity } from '../../../generated/prisma/client.ts'
import { builder } from '../../../graphql/builder.ts'
import { parseId } from '../../../graphql/ids.ts'
import { NotFound } from '../../../platform/errors.ts'
import { updateActivity } from '../update-activity.ts'
import { ActivityNode } from './activity.ts'
import { Sport } from './enums.ts'

const UpdateActivityInput = builder.inputType('UpdateActivityInput', {
  description:
    'What to change of an activity. A field left out stays; a title set to null is made from the sport and the time again. A sport cannot be cleared: choose OTHER.',
  fields: (t) => ({
    activityId: t.id({ required: true, description: "The activity's global id." }),
    title: t.string({ description: '1 to 200 characters.' }),
    sport: t.field({ type: Sport, description: 'Which sport it was.' }),
  }),
})

const UpdateActivityPayload = builder.objectRef<{ readonly activity: Activity }>('UpdateActivityPayload').implement({
  description: 'A changed activity.',
  fields: (t) => ({
    activity: t.field({
      type: ActivityNode,
      description: 'The activity as it is now.',
      // As it was returned by what changed it; relations are loaded below it in one more statement.
      resolve: ({ activity }) => activity,
    }),
  }),
})

builder.mutationField('updateActivity', (t) =>
  t.withAuth({ signedIn: true }).field({
    type: UpdateActivityPayload,
    nullable: true,
    rate: null,
    description: 'Changes what an activity is called or which sport it is.',
    errors: { types: [NotFound], union: { description: 'The changed activity, or why it is not.' } },
    args: {
      input: t.arg({ type: UpdateActivityInput, required: true, description: 'The activity and what to change.' }),
    },
    resolve: async (_root, { input: { activityId, ...changes } }, { viewer, db, events, clock }) => {
      const id = parseId('Activity', activityId, ['input', 'activityId'])
      const wish = { userId: viewer.user.id, activityId: id, ...changes, now: clock() }
      return { activity: await updateActivity({ db, events }, wish) }
    },
  }),
)
