import { builder } from '../../../graphql/builder.ts'
import { perHour } from '../../../graphql/limits/mutation-rate.ts'
import { ChannelUnavailable } from '../errors.ts'
import { NotificationNode } from '../inbox/graphql/notification.ts'
import { sendTest } from '../send-test.ts'
import { notifications } from '../services.ts'
import { ChannelType } from './enums.ts'

const SendTestNotificationInput = builder.inputType('SendTestNotificationInput', {
  description: 'The channel to test.',
  fields: (t) => ({
    channel: t.field({ type: ChannelType, required: true, description: 'The channel.' }),
  }),
})

const SendTestNotificationPayload = builder
  .objectRef<{ readonly id: string }>('SendTestNotificationPayload')
  .implement({
    description: 'Returned when the test notification was created.',
    fields: (t) => ({
      notification: t.prismaField({
        type: NotificationNode,
        description: 'The notification. `deliveries` shows how far it has come.',
        resolve: (query, { id }, _args, { db }) =>
          db.prisma.notification.findUniqueOrThrow({ ...query, where: { id } }),
      }),
    }),
  })

builder.mutationField('sendTestNotification', (t) =>
  t.withAuth({ signedIn: true }).field({
    type: SendTestNotificationPayload,
    nullable: true,
    rate: perHour(20),
    description: 'Sends a test notification to the signed-in user, over one channel. Each call sends another one.',
    errors: { types: [ChannelUnavailable], union: { description: 'The notification or an error.' } },
    args: { input: t.arg({ type: SendTestNotificationInput, required: true, description: 'The channel to test.' }) },
    resolve: (_root, { input }, { viewer, services }) => sendTest(services(notifications), viewer, input.channel),
  }),
)
