import { v7 as uuidv7 } from 'uuid'
import { notify, type Tx } from '../../../platform/database/db.ts'
import type { Encryptor } from '../../../platform/encryption/encryptor.ts'
import { enqueueMany } from '../../../platform/jobs/define-job.ts'
import type { Message } from '../../../platform/messages/message.ts'
import { lockPresentUsersForReference } from '../../users/index.ts'
import { deliver } from '../job-types.ts'
import type { NotificationType, OuterChannel } from '../notification-type.ts'
import { inboxTopic } from '../topic.ts'
import { encryptText } from './stored-text.ts'

/** A notification to create. */
export interface NewNotification {
  readonly userId: string
  readonly type: NotificationType
  /** Of the messages of the type. */
  readonly title: Message
  readonly body: Message
  /**
   * What it is about, unique for the user: 'video-ready:<id>:<attempt>'. A second notification with the same key is not
   * created, until the first one is pruned after 90 days. Contains ids, never personal data.
   */
  readonly dedupeKey: string
  /** It is not sent from this instant on. Default: by its type. */
  readonly helpsUntil?: Date
  /** Sends it over this channel only. Null: only IN_APP. Default: the user's channels. */
  readonly onlyChannel?: OuterChannel | null
}

/** A notification that was created. */
export interface CreatedNotification {
  readonly userId: string
  readonly id: string
}

/**
 * Creates notifications in the transaction of their cause, with the jobs that deliver them, and returns those that are
 * new. Call it once in a transaction, with all notifications, as its last change: it locks the inboxes of the users until
 * the commit, in the order of their ids. Users who are deleted, or being deleted, get none.
 */
export type NotifyUsers = (tx: Tx, items: readonly NewNotification[], now: Date) => Promise<CreatedNotification[]>

/** A statement of 1,000 rows has 1 MB of parameters. */
const mostAtOnce = 1_000

export function createNotifyUsers(encryptor: Encryptor): NotifyUsers {
  return async (tx, items, now) => {
    if (items.length > mostAtOnce) throw new Error(`At most ${mostAtOnce} notifications can be created at once.`)
    if (items.length === 0) return []
    const userIds = items.map(({ userId }) => userId)
    const present = new Set(await lockPresentUsersForReference(tx, userIds))
    const firstOfUser = await reserveSequences(
      tx,
      userIds.filter((id) => present.has(id)),
    )
    const rows = items.flatMap((item) => {
      const sequence = firstOfUser.get(item.userId)
      if (sequence === undefined) return []
      firstOfUser.set(item.userId, sequence + 1)
      return [rowOf(item, { sequence, now, text: encryptText(encryptor, item) })]
    })
    const created = await insert(tx, rows)
    for (const { userId } of created) notify(tx, inboxTopic(userId))
    const outer = new Set(rows.flatMap(({ id, nextStepAt }) => (nextStepAt === null ? [] : [id])))
    await enqueueMany(
      tx,
      deliver,
      created.filter(({ id }) => outer.has(id)).map(({ userId, id }) => deliveryJob(userId, id)),
    )
    return created
  }
}

/** The job that continues the delivery of a notification. One that waits is replaced. */
function deliveryJob(userId: string, notificationId: string) {
  return { payload: { userId, notificationId }, key: notificationId }
}

/**
 * Locks the inboxes and reserves a range of sequences for each user: the first of it. The next transaction that creates a
 * notification of the user waits for this commit, so readers never see a sequence before a smaller one.
 */
async function reserveSequences(tx: Tx, userIds: readonly string[]): Promise<Map<string, number>> {
  const rows = await tx.$queryRaw<{ userId: string; last: number }[]>`
    INSERT INTO notification_inboxes AS inbox (user_id, last_sequence)
    SELECT user_id, count(*)::int FROM unnest(${[...userIds]}::uuid[]) AS item (user_id)
    GROUP BY user_id ORDER BY user_id
    ON CONFLICT (user_id) DO UPDATE SET last_sequence = inbox.last_sequence + excluded.last_sequence
    RETURNING user_id AS "userId", last_sequence AS last`
  const counts = Map.groupBy(userIds, (id) => id)
  return new Map(rows.map(({ userId, last }) => [userId, last - (counts.get(userId)?.length ?? 0) + 1]))
}

interface Row {
  readonly userId: string
  readonly id: string
  readonly sequence: number
  readonly kind: string
  readonly type: string
  readonly dedupeKey: string
  readonly text: Uint8Array
  readonly onlyChannel: string | null
  readonly helpsUntil: Date
  readonly createdAt: Date
  readonly nextStepAt: Date | null
}

function rowOf(
  { userId, type, dedupeKey, helpsUntil, onlyChannel }: NewNotification,
  { sequence, now, text }: { readonly sequence: number; readonly now: Date; readonly text: Uint8Array },
): Row {
  return {
    userId,
    id: uuidv7({ msecs: now.getTime() }),
    sequence,
    kind: type.kind,
    type: type.name,
    dedupeKey,
    text,
    onlyChannel: onlyChannel ?? null,
    helpsUntil: helpsUntil ?? new Date(now.getTime() + type.helpsForMs),
    createdAt: now,
    nextStepAt: onlyChannel === null ? null : now,
  }
}

/** Inserts the rows whose key is new, and counts them as unread. */
async function insert(tx: Tx, rows: readonly Row[]): Promise<CreatedNotification[]> {
  if (rows.length === 0) return []
  const column = <Name extends keyof Row>(name: Name) => rows.map((row) => row[name])
  return tx.$queryRaw<CreatedNotification[]>`
    WITH created AS (
      INSERT INTO notifications (
        user_id, id, sequence, kind, type, dedupe_key, text, only_channel, helps_until, created_at, next_step_at)
      SELECT user_id, id, sequence, kind::"NotificationKind", type, dedupe_key, text, only_channel::"Channel",
        helps_until, created_at, next_step_at
      FROM unnest(
        ${column('userId')}::uuid[], ${column('id')}::uuid[], ${column('sequence')}::int[], ${column('kind')}::text[],
        ${column('type')}::text[], ${column('dedupeKey')}::text[], ${column('text')}::bytea[],
        ${column('onlyChannel')}::text[], ${column('helpsUntil')}::timestamptz[],
        ${column('createdAt')}::timestamptz[], ${column('nextStepAt')}::timestamptz[])
        AS item (user_id, id, sequence, kind, type, dedupe_key, text, only_channel, helps_until, created_at, next_step_at)
      ON CONFLICT (user_id, dedupe_key) DO NOTHING
      RETURNING user_id, id),
    counted AS (
      UPDATE notification_inboxes AS inbox SET unread_count = unread_count + added.count
      FROM (SELECT user_id, count(*)::int AS count FROM created GROUP BY user_id) AS added
      WHERE inbox.user_id = added.user_id)
    SELECT user_id AS "userId", id FROM created`
}
