import { NotFound } from '../../../platform/errors.ts'
import { enqueue } from '../../../platform/jobs/define-job.ts'
import type { Message } from '../../../platform/messages/message.ts'
import { deliver } from '../job-types.ts'
import { notificationMessages } from '../messages.ts'
import type { OuterChannel } from '../notification-type.ts'
import type { NotificationsServices } from '../services.ts'
import { changeDelivery } from './change-delivery.ts'
import type { NotificationKey } from './claim-notification.ts'

/** What a device or a vendor reports about a delivery that was begun. */
export interface Receipt extends NotificationKey {
  readonly channel: OuterChannel
  readonly status: 'DELIVERED' | 'READ' | 'FAILED'
  /** If FAILED. */
  readonly failure?: Message
}

/**
 * Stores a receipt. One that comes late, twice or before the answer of the vendor never moves a delivery back. After
 * FAILED the next channel is tried at once. Throws NotFound if there is no such delivery.
 */
export async function recordReceipt(
  { db, clock }: Pick<NotificationsServices, 'db' | 'clock'>,
  { userId, notificationId, channel, status, failure }: Receipt,
): Promise<void> {
  const now = clock()
  await db.transaction(async (tx) => {
    // Locked, so that it is not pruned or erased before the delivery changes.
    const [row] = await tx.$queryRaw<{ isOpen: boolean }[]>`
      SELECT next_step_at IS NOT NULL AS "isOpen" FROM notifications AS n
      WHERE user_id = ${userId}::uuid AND id = ${notificationId}::uuid AND EXISTS (
        SELECT FROM notification_deliveries AS d
        WHERE d.user_id = n.user_id AND d.notification_id = n.id AND channel = ${channel}::"Channel")
      FOR KEY SHARE`
    if (!row) throw new NotFound(notificationMessages.receiptNotFound())
    const change = { userId, notificationId, channel, status, at: now, failure: failure ?? null }
    const isChanged = await changeDelivery(tx, change)
    if (isChanged && status === 'FAILED' && row.isOpen) {
      await enqueue(tx, deliver, { userId, notificationId }, { key: notificationId })
    }
  })
}
