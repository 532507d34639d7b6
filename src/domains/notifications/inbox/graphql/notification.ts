import type { Notification } from '../../../../generated/prisma/client.ts'
import { builder } from '../../../../graphql/builder.ts'
import type { Context } from '../../../../graphql/context.ts'
import { cursorOf, type Order } from '../../../../graphql/keyset.ts'
import { ownedByUser } from '../../../../graphql/owned.ts'
import { readsColumns } from '../../../../graphql/selected-columns.ts'
import { DeliveryType, deliveryLoader, inAppDelivery } from '../../deliveries/graphql/delivery.ts'
import { NotificationKindType } from '../../graphql/enums.ts'
import { notifications } from '../../services.ts'
import { decryptText, writeText } from '../stored-text.ts'

/** The newest first. The cursors of the list are also those of notificationReceived and markNotificationsRead. */
export const newestFirst: Order<'sequence'> = {
  name: 'notifications',
  column: 'sequence',
  direction: 'desc',
  kind: 'number',
}

type TextRow = Pick<Notification, 'type' | 'text'>
type DeliveredRow = Pick<Notification, 'userId' | 'id' | 'createdAt' | 'readAt'>

function write({ type, text }: TextRow, part: 'title' | 'body', { services, localization }: Context): string {
  const { encryptor, types } = services(notifications)
  return writeText(types().get(type), decryptText(encryptor, text)[part], { localization: localization() })
}

export const NotificationNode = builder.prismaNode('Notification', {
  ...ownedByUser,
  id: { field: 'id', description: 'The global ID. It is unique across all types; treat it as opaque.' },
  description: 'A notification to a user. It is deleted after 90 days.',
  fields: (t) => ({
    cursor: t.string({
      description:
        'Its position: for `after` of `notificationReceived`, `upTo` of `markNotificationsRead`, and the pages of `User.notifications`.',
      ...readsColumns({ sequence: true, id: true }, ({ sequence, id }: Pick<Notification, 'sequence' | 'id'>) =>
        cursorOf(newestFirst, { sequence, id }),
      ),
    }),
    kind: t.expose('kind', { type: NotificationKindType, description: 'What it is about.' }),
    title: t.string({
      description: "The title, in the viewer's language.",
      ...readsColumns({ type: true, text: true }, (row: TextRow, _args: object, context: Context) =>
        write(row, 'title', context),
      ),
    }),
    body: t.string({
      description: "What it says, in the viewer's language.",
      ...readsColumns({ type: true, text: true }, (row: TextRow, _args: object, context: Context) =>
        write(row, 'body', context),
      ),
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was created.' }),
    readAt: t.expose('readAt', { type: 'DateTime', nullable: true, description: 'When it was marked as read.' }),
    deliveries: t.field({
      type: [DeliveryType],
      description: 'Its deliveries: IN_APP first, then every other channel that was considered.',
      ...readsColumns(
        { userId: true, id: true, createdAt: true, readAt: true },
        async (row: DeliveredRow, _args: object, context: Context) => [
          inAppDelivery(row),
          ...(await deliveryLoader(context).load(`${row.userId} ${row.id}`)),
        ],
      ),
    }),
  }),
})
