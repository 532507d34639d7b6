export { type Receipt, recordReceipt } from './deliveries/record-receipt.ts'
export type { CreatedNotification, NewNotification, NotifyUsers } from './inbox/notify-users.ts'
export { defaultOrder, defineNotificationType, type NotificationType, type OuterChannel } from './notification-type.ts'
export { type NotificationsServices, notifications } from './services.ts'
