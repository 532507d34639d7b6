import { builder } from '../../../../graphql/builder.ts'
import { parseInputId } from '../../../../graphql/ids.ts'
import { readCursor } from '../../../../graphql/keyset.ts'
import { perMinute } from '../../../../graphql/limits/mutation-rate.ts'
import { checkAll, InvalidInput } from '../../../../platform/errors.ts'
import { notificationMessages } from '../../messages.ts'
import { notifications } from '../../services.ts'
import { markRead } from '../mark-read.ts'
import { unreadCountsOf } from '../unread-counts.ts'
import { newestFirst } from './notification.ts'

const MarkNotificationsReadInput = builder.inputType('MarkNotificationsReadInput', {
  description: 'The notifications to mark: either `ids` or `upTo`.',
  fields: (t) => ({
    ids: t.idList({ description: 'The global IDs, at most 100.' }),
    upTo: t.string({ description: 'The cursor of a notification: it and all older ones are marked.' }),
  }),
})

const MarkNotificationsReadPayload = builder
  .objectRef<{ readonly userId: string }>('MarkNotificationsReadPayload')
  .implement({
    description: 'Returned when the notifications were marked, now or earlier.',
    fields: (t) => ({
      unreadNotificationCount: t.int({
        description: 'The number of notifications that are still unread.',
        resolve: async ({ userId }, _args, { db }) => (await unreadCountsOf(db.prisma, [userId])).get(userId) ?? 0,
      }),
    }),
  })

builder.mutationField('markNotificationsRead', (t) =>
  t.withAuth({ signedIn: true }).field({
    type: MarkNotificationsReadPayload,
    nullable: true,
    rate: perMinute(200),
    description:
      'Marks notifications as read, with the deliveries that were sent. Notifications of other users are ignored.',
    errors: { union: { description: 'The number of unread notifications or an error.' } },
    args: {
      input: t.arg({ type: MarkNotificationsReadInput, required: true, description: 'The notifications to mark.' }),
    },
    resolve: async (_root, { input }, { viewer, services }) => {
      const { ids, upToSequence } = checkAll({
        ids: () => input.ids?.map((id) => parseInputId('Notification', id, 'ids')),
        upToSequence: () => (input.upTo == null ? undefined : sequenceOf(input.upTo)),
      })
      await markRead(services(notifications), viewer, { ids, upToSequence })
      return { userId: viewer.id }
    },
  }),
)

function sequenceOf(cursor: string): number {
  const position = readCursor(newestFirst, cursor)
  if (!position) throw InvalidInput.of('upTo', notificationMessages.invalidCursor())
  return position.value
}
