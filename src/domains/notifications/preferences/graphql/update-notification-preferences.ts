import { builder } from '../../../../graphql/builder.ts'
import { perMinute } from '../../../../graphql/limits/mutation-rate.ts'
import { ChannelType, NotificationKindType } from '../../graphql/enums.ts'
import { notifications } from '../../services.ts'
import { readPreferences } from '../read-preferences.ts'
import { updatePreferences } from '../update-preferences.ts'
import { NotificationPreferencesType } from './notification-preferences.ts'

const QuietHoursInput = builder.inputType('QuietHoursInput', {
  description: "The hours of each day in which notifications wait, in the user's time zone.",
  fields: (t) => ({
    from: t.string({ required: true, description: 'When they begin, as local time: HH:MM.' }),
    to: t.string({
      required: true,
      description: 'When they end, as local time: HH:MM. Before `from`: on the next day.',
    }),
  }),
})

const ChannelPreferenceInput = builder.inputType('ChannelPreferenceInput', {
  description: 'The channels of a kind of notifications.',
  fields: (t) => ({
    kind: t.field({ type: NotificationKindType, required: true, description: 'The kind.' }),
    order: t.field({
      type: [ChannelType],
      required: true,
      description: 'The channels beside IN_APP, in the order in which they are tried. Empty: only IN_APP is used.',
    }),
  }),
})

const UpdateNotificationPreferencesInput = builder.inputType('UpdateNotificationPreferencesInput', {
  description: 'What to change. An omitted field is not changed.',
  fields: (t) => ({
    quietHours: t.field({ type: QuietHoursInput, description: 'The quiet hours. Null: without any.' }),
    channels: t.field({
      type: [ChannelPreferenceInput],
      description: 'The channels of these kinds. Other kinds are not changed. Null: all kinds have their default.',
    }),
  }),
})

const UpdateNotificationPreferencesPayload = builder
  .objectRef<{ readonly userId: string }>('UpdateNotificationPreferencesPayload')
  .implement({
    description: 'Returned when the preferences were updated.',
    fields: (t) => ({
      preferences: t.field({
        type: NotificationPreferencesType,
        description: 'The updated preferences.',
        resolve: async ({ userId }, _args, { db }) => ({ userId, ...(await readPreferences(db.prisma, userId)) }),
      }),
    }),
  })

builder.mutationField('updateNotificationPreferences', (t) =>
  t.withAuth({ signedIn: true }).field({
    type: UpdateNotificationPreferencesPayload,
    nullable: true,
    rate: perMinute(60),
    description: 'Updates how the signed-in user is notified.',
    errors: { union: { description: 'The updated preferences or an error.' } },
    args: {
      input: t.arg({ type: UpdateNotificationPreferencesInput, required: true, description: 'What to change.' }),
    },
    resolve: async (_root, { input }, { viewer, services }) => {
      await updatePreferences(services(notifications), viewer, input)
      return { userId: viewer.id }
    },
  }),
)
