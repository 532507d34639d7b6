import { builder } from '../../../../graphql/builder.ts'
import { readCursor } from '../../../../graphql/keyset.ts'
import { InvalidInput, NotFound } from '../../../../platform/errors.ts'
import { notificationMessages } from '../../messages.ts'
import { notifications } from '../../services.ts'
import { watchNotifications } from '../watch-notifications.ts'
import { NotificationNode, newestFirst } from './notification.ts'

builder.subscriptionField('notificationReceived', (t) =>
  t.withAuth({ signedIn: true }).prismaField({
    type: NotificationNode,
    description:
      'Sends every notification after the cursor, oldest first, then each new one. Open it again with the cursor of the last notification: none is lost or sent twice. Without a cursor, only new notifications are sent.',
    args: {
      after: t.arg.string({ description: 'The cursor of a notification. Sends those after it first.' }),
    },
    subscribe: (_root, { after }, { viewer, services, signal }) => {
      const position = after == null ? null : readCursor(newestFirst, after)
      if (after != null && !position) throw InvalidInput.at(['after'], notificationMessages.invalidCursor())
      const watched = { userId: viewer.id, after: position?.value ?? null, signal: signal() }
      return watchNotifications(services(notifications), watched)
    },
    resolve: async (query, id, _args, { db }) => {
      const notification = await db.prisma.notification.findUnique({ ...query, where: { id: id as string } })
      // It was deleted with the account. The stream ends at once.
      if (!notification) throw new NotFound(notificationMessages.notFound())
      return notification
    },
  }),
)
