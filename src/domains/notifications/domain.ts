import './graphql/schema.ts'
import { createBlindIndex } from '../../platform/encryption/blind-index.ts'
import { defineDomain } from '../define-domain.ts'
import { createChannels } from './deliveries/channels.ts'
import { createDeliveryMetrics } from './deliveries/delivery-metrics.ts'
import { createReceiptTokens } from './deliveries/receipt-token.ts'
import { createNotifyUsers } from './inbox/notify-users.ts'
import { textPlace } from './inbox/stored-text.ts'
import { notificationsCron, notificationsJobs } from './jobs/handlers.ts'
import { deliveryFailures, notificationMessages, testNotification } from './messages.ts'
import { typesByName } from './notification-type.ts'
import { notificationsOfUser } from './personal-data.ts'
import type { NotificationsVendors } from './ports.ts'
import { addressPlace } from './push/push-address.ts'
import { createPushChannel } from './push/push-channel.ts'
import { testType } from './send-test.ts'
import { type NotificationsServices, notifications } from './services.ts'

/** Notifications to users: the inbox, and deliveries over other channels. Higher domains declare types of their own. */
export const notificationsDomain = defineDomain<NotificationsVendors, NotificationsServices>({
  name: 'notifications',
  key: notifications,
  build({ platform, vendors, declarations }) {
    const { db, clock, log, metrics, encryptor, config } = platform
    const { pushSenders, channelPorts, vapidPublicKey } = vendors
    const push = createPushChannel({ db, encryptor, clock, pushSenders })
    let types: NotificationsServices['types'] = () => {
      const all = typesByName(declarations.notificationKinds())
      types = () => all
      return all
    }
    return {
      db,
      clock,
      log,
      signals: platform.notifications,
      encryptor,
      pushSenders,
      channelPorts,
      vapidPublicKey,
      types: () => types(),
      channels: createChannels(push ? [push, ...channelPorts] : channelPorts),
      receiptTokens: createReceiptTokens(config.privacy.indexKey),
      hashAddress: createBlindIndex(config.privacy.indexKey, 'push_devices.address'),
      deliveryMetrics: createDeliveryMetrics(metrics),
      notifyUsers: createNotifyUsers(encryptor),
    }
  },
  jobs: notificationsJobs,
  cron: notificationsCron,
  notificationKinds: [testType],
  messages: [notificationMessages, deliveryFailures, testNotification],
  personalData: (services) => [notificationsOfUser(services)],
  encryptedColumns: [
    { table: 'notifications', column: 'text', place: textPlace },
    { table: 'push_devices', column: 'address', place: addressPlace },
  ],
})
