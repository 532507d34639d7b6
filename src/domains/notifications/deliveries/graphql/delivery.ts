import type { Notification, NotificationDelivery } from '../../../../generated/prisma/client.ts'
import { builder } from '../../../../graphql/builder.ts'
import { requestLoader } from '../../../../graphql/request-loader.ts'
import { formatMessage } from '../../../../platform/messages/format-message.ts'
import { fromStored, type StoredMessage } from '../../../../platform/messages/message.ts'
import { ChannelType, DeliveryStatusType } from '../../graphql/enums.ts'
import { deliveryFailures } from '../../messages.ts'

type DeliveryRow = Pick<
  NotificationDelivery,
  'channel' | 'status' | 'attempts' | 'sentAt' | 'deliveredAt' | 'readAt' | 'failure'
>

export const DeliveryType = builder.objectRef<DeliveryRow>('Delivery').implement({
  description: 'The delivery of a notification over one channel.',
  fields: (t) => ({
    channel: t.expose('channel', { type: ChannelType, description: 'The channel.' }),
    status: t.expose('status', { type: DeliveryStatusType, description: 'How far the delivery has come.' }),
    attempts: t.exposeInt('attempts', { description: 'How often it was tried.' }),
    sentAt: t.expose('sentAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When the service of the channel accepted it.',
    }),
    deliveredAt: t.expose('deliveredAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When the device received it, if it reports that.',
    }),
    readAt: t.expose('readAt', { type: 'DateTime', nullable: true, description: 'When the user read it.' }),
    failure: t.string({
      nullable: true,
      description: "Why it failed or was not sent, in the viewer's language.",
      resolve: ({ failure }, _args, { localization }) => {
        const message = failure && fromStored(deliveryFailures, failure as unknown as StoredMessage)
        return message ? formatMessage(message, localization()) : null
      },
    }),
  }),
})

/** Loads the deliveries of all notifications in a response in one statement. A key is 'user notification'. */
export const deliveryLoader = requestLoader<DeliveryRow[]>(async ({ db }, keys) => {
  const pairs = keys.map((key) => key.split(' '))
  const rows = await db.prisma.notificationDelivery.findMany({
    where: {
      userId: { in: [...new Set(pairs.map(([userId = '']) => userId))] },
      notificationId: { in: pairs.map(([, notificationId = '']) => notificationId) },
    },
    orderBy: { channel: 'asc' },
  })
  const byKey = Map.groupBy(rows, ({ userId, notificationId }) => `${userId} ${notificationId}`)
  return keys.map((key) => byKey.get(key) ?? [])
})

/** Over IN_APP: sent with its creation, and read with the notification. */
export function inAppDelivery({ createdAt, readAt }: Pick<Notification, 'createdAt' | 'readAt'>): DeliveryRow {
  const status = readAt ? 'READ' : 'SENT'
  return { channel: 'IN_APP', status, attempts: 1, sentAt: createdAt, deliveredAt: readAt, readAt, failure: null }
}
