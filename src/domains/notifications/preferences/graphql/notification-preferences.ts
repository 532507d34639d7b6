import type { Channel, NotificationKind } from '../../../../generated/prisma/enums.ts'
import { builder } from '../../../../graphql/builder.ts'
import { formatMessage } from '../../../../platform/messages/format-message.ts'
import { ChannelType, NotificationKindType } from '../../graphql/enums.ts'
import { notifications } from '../../services.ts'
import { orderFor } from '../channel-orders.ts'
import { formatLocalTime, type QuietHours } from '../quiet-hours.ts'
import { type Preferences, readPreferences } from '../read-preferences.ts'

const QuietHoursType = builder.objectRef<QuietHours>('QuietHours').implement({
  description:
    "The hours of each day in which notifications wait, in the user's time zone. Urgent notifications do not wait.",
  fields: (t) => ({
    from: t.string({
      description: 'When they begin, as local time: HH:MM.',
      resolve: ({ from }) => formatLocalTime(from),
    }),
    to: t.string({
      description: 'When they end, as local time: HH:MM. Before `from`: on the next day.',
      resolve: ({ to }) => formatLocalTime(to),
    }),
  }),
})

interface ChannelChoice {
  readonly kind: NotificationKind
  readonly order: readonly Channel[]
}

const ChannelPreferenceType = builder.objectRef<ChannelChoice>('ChannelPreference').implement({
  description: 'The channels of a kind of notifications.',
  fields: (t) => ({
    kind: t.expose('kind', { type: NotificationKindType, description: 'The kind.' }),
    order: t.field({
      type: [ChannelType],
      description:
        'The channels: IN_APP, which is always used, then the others in the order in which they are tried. The next one is tried if one fails, or is not confirmed in time.',
      resolve: ({ order }) => [...order],
    }),
  }),
})

interface Availability {
  readonly channel: Channel
  readonly userId: string
}

const ChannelAvailabilityType = builder
  .objectRef<{ readonly channel: Channel; readonly reason: string | null }>('ChannelAvailability')
  .implement({
    description: 'Whether a channel can be used for the user.',
    fields: (t) => ({
      channel: t.expose('channel', { type: ChannelType, description: 'The channel.' }),
      available: t.boolean({ description: 'Whether it can be used now.', resolve: ({ reason }) => reason === null }),
      reason: t.exposeString('reason', {
        nullable: true,
        description: 'Which setting is missing, or what the user has to do. Null if it is available.',
      }),
    }),
  })

const channels: readonly Availability['channel'][] = ['IN_APP', 'PUSH', 'KAKAO', 'SMS', 'EMAIL']

export const NotificationPreferencesType = builder
  .objectRef<Preferences & { readonly userId: string }>('NotificationPreferences')
  .implement({
    description: 'How a user is notified.',
    fields: (t) => ({
      quietHours: t.expose('quietHours', {
        type: QuietHoursType,
        nullable: true,
        description: 'The quiet hours. Null without any.',
      }),
      channels: t.field({
        type: [ChannelPreferenceType],
        description: 'The channels of each kind that this server sends.',
        resolve: ({ orders }, _args, { services }): ChannelChoice[] => {
          const byKind = new Map(
            [...services(notifications).types().values()].reverse().map((type) => [type.kind, type]),
          )
          return [...byKind.values()]
            .map((type): ChannelChoice => ({ kind: type.kind, order: ['IN_APP', ...orderFor(type, orders)] }))
            .sort((one, other) => one.kind.localeCompare(other.kind))
        },
      }),
      available: t.field({
        type: [ChannelAvailabilityType],
        description: 'Every channel, and whether it can be used for the user.',
        resolve: ({ userId }, _args, { services, localization }) =>
          Promise.all(
            channels.map(async (channel) => {
              const reason = await services(notifications).channels.unavailable(channel, userId)
              return { channel, reason: reason && formatMessage(reason, localization()) }
            }),
          ),
      }),
    }),
  })

builder.prismaObjectField('User', 'notificationPreferences', (t) =>
  t.field({
    type: NotificationPreferencesType,
    description: 'How the user is notified.',
    resolve: async ({ id }, _args, { db }) => ({ userId: id, ...(await readPreferences(db.prisma, id)) }),
  }),
)
