import type { Notification } from '../../../generated/prisma/client.ts'
import type { NotificationsServices } from '../services.ts'
import { inboxTopic } from '../topic.ts'

/** Rows of one statement. */
const pageSize = 100

/**
 * Yields the user's notifications after the sequence, then each new one, in order, none twice. Without a sequence, only
 * those that are created from now on. It subscribes before it reads, so that none falls between.
 */
export async function watchNotifications(
  { db, signals }: Pick<NotificationsServices, 'db' | 'signals'>,
  { userId, after, signal }: { readonly userId: string; readonly after: number | null; readonly signal: AbortSignal },
): Promise<AsyncIterable<string>> {
  const changes = await signals.subscribe(inboxTopic(userId), signal)
  const first = after ?? (await lastSequenceOf({ db }, userId))

  return (async function* () {
    let seen = first
    const unseen = async function* () {
      for (;;) {
        const rows = await readAfter({ db }, userId, seen)
        for (const { id, sequence } of rows) {
          seen = sequence
          yield id
        }
        if (rows.length < pageSize) return
      }
    }
    yield* unseen()
    for await (const _ of changes) yield* unseen()
  })()
}

function readAfter({ db }: Pick<NotificationsServices, 'db'>, userId: string, sequence: number) {
  return db.query<Pick<Notification, 'id' | 'sequence'>>(
    `SELECT id, sequence FROM notifications WHERE user_id = $1 AND sequence > $2 ORDER BY sequence, id LIMIT ${pageSize}`,
    [userId, sequence],
  )
}

async function lastSequenceOf({ db }: Pick<NotificationsServices, 'db'>, userId: string): Promise<number> {
  const inbox = await db.prisma.notificationInbox.findUnique({ where: { userId }, select: { lastSequence: true } })
  return inbox?.lastSequence ?? 0
}
