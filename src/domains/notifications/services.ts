import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/database/db.ts'
import type { BlindIndex } from '../../platform/encryption/blind-index.ts'
import type { Encryptor } from '../../platform/encryption/encryptor.ts'
import type { Notifications } from '../../platform/notifications/notifications.ts'
import type { Log } from '../../platform/observability/log.ts'
import { serviceKey } from '../../platform/services.ts'
import type { Channels } from './deliveries/channels.ts'
import type { DeliveryMetrics } from './deliveries/delivery-metrics.ts'
import type { ReceiptTokens } from './deliveries/receipt-token.ts'
import type { NotifyUsers } from './inbox/notify-users.ts'
import type { NotificationType } from './notification-type.ts'
import type { NotificationsVendors } from './ports.ts'

export interface NotificationsServices extends NotificationsVendors {
  readonly db: Database
  readonly clock: Clock
  readonly log: Log
  /** Between processes: see platform/notifications. */
  readonly signals: Notifications
  readonly encryptor: Encryptor
  /** The types of all domains, by name. */
  readonly types: () => ReadonlyMap<string, NotificationType>
  readonly channels: Channels
  readonly receiptTokens: ReceiptTokens
  readonly hashAddress: BlindIndex
  readonly deliveryMetrics: DeliveryMetrics
  /** Notifies users, in a transaction of a higher domain. */
  readonly notifyUsers: NotifyUsers
}

export const notifications = serviceKey<NotificationsServices>('notifications')
