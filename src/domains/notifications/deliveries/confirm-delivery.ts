import { NotFound } from '../../../platform/errors.ts'
import { notificationMessages } from '../messages.ts'
import type { NotificationsServices } from '../services.ts'
import { recordReceipt } from './record-receipt.ts'

/**
 * Stores that a device has received a push message. Idempotent. Throws NotFound for a token that this server has not
 * signed, or whose notification was deleted.
 */
export async function confirmDelivery(
  services: Pick<NotificationsServices, 'db' | 'clock' | 'receiptTokens'>,
  receiptToken: string,
): Promise<void> {
  const subject = services.receiptTokens.read(receiptToken)
  if (!subject) throw new NotFound(notificationMessages.receiptNotFound())
  await recordReceipt(services, { ...subject, channel: 'PUSH', status: 'DELIVERED' })
}
