import { Prisma } from '../../../generated/prisma/client.ts'
import type { DeliveryStatus } from '../../../generated/prisma/enums.ts'
import type { Reader } from '../../../platform/database/db.ts'
import { type Message, toStored } from '../../../platform/messages/message.ts'
import type { OuterChannel } from '../notification-type.ts'
import type { NotificationKey } from './claim-notification.ts'

export interface DeliveryChange extends NotificationKey {
  readonly channel: OuterChannel
  readonly status: DeliveryStatus
  readonly at: Date
  readonly receiptDueAt?: Date | null
  readonly failure?: Message | null
}

/**
 * Moves a delivery to a later status, in the order of the enum in the database; SKIPPED follows PENDING only. Earlier and
 * equal ones change nothing, so it does not matter in which order receipts come in. False if nothing changed.
 */
export async function changeDelivery(db: Reader, change: DeliveryChange): Promise<boolean> {
  const { userId, notificationId, channel, status, at, receiptDueAt = null, failure = null } = change
  const isSent = status === 'SENT' || status === 'DELIVERED' || status === 'READ'
  const sentAt = isSent ? at : null
  const deliveredAt = isSent && status !== 'SENT' ? at : null
  const readAt = status === 'READ' ? at : null
  const count = await db.$executeRaw`
    INSERT INTO notification_deliveries AS delivery (
      user_id, notification_id, channel, status, sent_at, delivered_at, read_at, receipt_due_at, failure)
    VALUES (
      ${userId}::uuid, ${notificationId}::uuid, ${channel}::"Channel", ${status}::"DeliveryStatus",
      ${sentAt}::timestamptz, ${deliveredAt}::timestamptz, ${readAt}::timestamptz, ${receiptDueAt}::timestamptz,
      ${failure === null ? Prisma.sql`NULL` : JSON.stringify(toStored(failure))}::jsonb)
    ON CONFLICT (user_id, notification_id, channel) DO UPDATE SET
      status = excluded.status,
      sent_at = coalesce(delivery.sent_at, excluded.sent_at),
      delivered_at = coalesce(delivery.delivered_at, excluded.delivered_at),
      read_at = coalesce(delivery.read_at, excluded.read_at),
      receipt_due_at = coalesce(excluded.receipt_due_at, delivery.receipt_due_at),
      failure = excluded.failure
    WHERE delivery.status < excluded.status AND (excluded.status <> 'SKIPPED' OR delivery.status = 'PENDING')`
  return count > 0
}
