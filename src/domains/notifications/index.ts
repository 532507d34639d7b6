export type { NewNotification, NotifyUsers } from './inbox/notify-users.ts'
export { defaultOrder, defineNotificationType, type NotificationType, type OuterChannel } from './notification-type.ts'
export { notifications } from './services.ts'
