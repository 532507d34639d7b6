import type { Notification } from '../../../../generated/prisma/client.ts'
import { builder } from '../../../../graphql/builder.ts'
import { pageArgs, pageOfRelation } from '../../../../graphql/connection.ts'
import type { PageArgs } from '../../../../graphql/keyset.ts'
import { requestLoader } from '../../../../graphql/request-loader.ts'
import { unreadCountsOf } from '../unread-counts.ts'
import { NotificationNode, newestFirst } from './notification.ts'

const NotificationConnection = builder.connectionObject(
  { type: NotificationNode, name: 'NotificationConnection', description: 'A page of notifications.' },
  { name: 'NotificationEdge', description: 'A notification in a connection.' },
)

type Args = PageArgs & { readonly unreadOnly?: boolean | null | undefined }

const page = pageOfRelation('notifications', ({ unreadOnly }: Args) => ({
  where: unreadOnly ? { readAt: null } : {},
  order: newestFirst,
}))

/** Loads the counts of all users in a response in one statement. */
const unreadCountLoader = requestLoader<number>(async ({ db }, ids) => {
  const counts = await unreadCountsOf(db.prisma, ids)
  return ids.map((id) => counts.get(id) ?? 0)
})

builder.prismaObjectFields('User', (t) => ({
  notifications: t.field({
    type: NotificationConnection,
    description: 'Notifications of the last 90 days, newest first.',
    args: {
      ...pageArgs(t.arg),
      unreadOnly: t.arg.boolean({
        defaultValue: false,
        description: 'Returns only notifications that are not marked as read.',
      }),
    },
    extensions: page.extensions,
    resolve: (user, args) => page.connect<Notification>(user, args),
  }),
  unreadNotificationCount: t.int({
    description: 'The number of notifications that are not marked as read.',
    resolve: ({ id }, _args, context) => unreadCountLoader(context).load(id),
  }),
}))
