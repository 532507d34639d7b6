import { randomUUID } from 'node:crypto'
import type { Notification } from '../../../generated/prisma/client.ts'
import type { Database } from '../../../platform/database/db.ts'
import type { OuterChannel } from '../notification-type.ts'
import { type Preferences, toPreferences } from '../preferences/read-preferences.ts'
import type { AttemptSoFar, ChannelSoFar } from './next-step.ts'

/** A worker that ends loses its notifications after this time. Longer than the timeout of the job. */
const leaseMs = 60_000

export interface NotificationKey {
  readonly userId: string
  readonly notificationId: string
}

/** A notification that this worker has, with everything that its delivery so far consists of. */
export interface ClaimedNotification extends NotificationKey {
  readonly lease: string
  readonly row: Pick<Notification, 'kind' | 'type' | 'text' | 'onlyChannel' | 'helpsUntil' | 'createdAt' | 'readAt'>
  readonly channels: Map<OuterChannel, ChannelSoFar>
  readonly attempts: readonly AttemptSoFar[]
  readonly preferences: Preferences
}

interface StoredRow {
  readonly kind: Notification['kind']
  readonly type: string
  readonly text: Buffer
  readonly onlyChannel: Notification['onlyChannel']
  readonly helpsUntil: Date
  readonly createdAt: Date
  readonly readAt: Date | null
  readonly preferences: Parameters<typeof toPreferences>[0]
  readonly deliveries: readonly { channel: OuterChannel; status: ChannelSoFar['status']; receiptDueAt: string | null }[]
  readonly attempts: readonly (Omit<AttemptSoFar, 'startedAt' | 'retryAt'> & {
    startedAt: string
    retryAt: string | null
  })[]
}

/**
 * Takes a notification whose delivery has not ended, unless another worker has it: then `heldUntil` is the end of that
 * lease. Null for both: the delivery has ended.
 */
export async function claimNotification(
  { db }: { readonly db: Database },
  { userId, notificationId }: NotificationKey,
  now: Date,
): Promise<{ readonly claimed: ClaimedNotification | null; readonly heldUntil: Date | null }> {
  const lease = randomUUID()
  const [row] = await db.query<StoredRow>(claim, [
    userId,
    notificationId,
    lease,
    new Date(now.getTime() + leaseMs),
    now,
  ])
  if (!row) {
    const [held] = await db.query<{ leaseUntil: Date | null }>(
      `SELECT lease_until AS "leaseUntil" FROM notifications
       WHERE user_id = $1 AND id = $2 AND next_step_at IS NOT NULL AND lease_until > $3`,
      [userId, notificationId, now],
    )
    return { claimed: null, heldUntil: held?.leaseUntil ?? null }
  }
  const { preferences, deliveries, attempts, ...rest } = row
  const dateOf = (text: string | null) => (text === null ? null : new Date(text))
  const claimed: ClaimedNotification = {
    userId,
    notificationId,
    lease,
    row: { ...rest, text: new Uint8Array(rest.text) },
    channels: new Map(
      deliveries.map(({ channel, status, receiptDueAt }) => [channel, { status, receiptDueAt: dateOf(receiptDueAt) }]),
    ),
    attempts: attempts.map((attempt) => ({
      ...attempt,
      startedAt: new Date(attempt.startedAt),
      retryAt: dateOf(attempt.retryAt),
    })),
    preferences: toPreferences(preferences),
  }
  return { claimed, heldUntil: null }
}

const claim = `
  UPDATE notifications AS n SET lease = $3, lease_until = $4
  WHERE user_id = $1 AND id = $2 AND next_step_at IS NOT NULL AND (lease_until IS NULL OR lease_until <= $5)
  RETURNING kind, type, text, only_channel AS "onlyChannel", helps_until AS "helpsUntil", created_at AS "createdAt",
    read_at AS "readAt",
    (SELECT json_build_object('quietFrom', quiet_from, 'quietTo', quiet_to, 'channelOrders', channel_orders)
     FROM notification_preferences AS p WHERE p.user_id = n.user_id) AS preferences,
    (SELECT coalesce(json_agg(json_build_object(
       'channel', channel, 'status', status, 'receiptDueAt', receipt_due_at)), '[]')
     FROM notification_deliveries AS d WHERE d.user_id = n.user_id AND d.notification_id = n.id) AS deliveries,
    (SELECT coalesce(json_agg(json_build_object(
       'id', a.id, 'channel', channel, 'target', target, 'number', number, 'state', state, 'lease', a.lease,
       'startedAt', started_at, 'retryAt', retry_at)), '[]')
     FROM notification_attempts AS a WHERE a.user_id = n.user_id AND a.notification_id = n.id) AS attempts`
