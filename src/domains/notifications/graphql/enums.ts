import { builder } from '../../../graphql/builder.ts'

export const NotificationKindType = builder.enumType('NotificationKind', {
  description: 'What a notification is about. Users choose channels by kind.',
  values: {
    REMINDER: { description: 'An appointment begins soon.' },
    LATE_RISK: { description: 'The user may be late for an appointment.' },
    SOMEONE_IS_LATE: { description: 'Another participant will be late for an appointment.' },
    APPOINTMENT_CHANGED: { description: 'An appointment was changed.' },
    APPOINTMENT_CANCELLED: { description: 'An appointment was cancelled.' },
    MESSAGE: { description: 'A message from another user, or a test notification.' },
    BILLING: { description: 'A payment failed.' },
    CREDITS: { description: 'The credits of the user changed in a way that they did not cause.' },
    VIDEO_READY: { description: 'A video is ready, or could not be made.' },
  } as const,
})

export const ChannelType = builder.enumType('Channel', {
  description: 'How a notification reaches a user.',
  values: {
    IN_APP: { description: 'The inbox: `User.notifications` and `notificationReceived`. Always used.' },
    PUSH: { description: 'Push messages to browsers and apps.' },
    KAKAO: { description: 'KakaoTalk.' },
    SMS: { description: 'Text messages.' },
    EMAIL: { description: 'E-mail.' },
  } as const,
})

export const DeliveryStatusType = builder.enumType('DeliveryStatus', {
  description: 'How far a delivery has come. It never goes back.',
  values: {
    PENDING: { description: 'It is sent as soon as possible, or after the quiet hours.' },
    SENT: { description: 'The service of the channel has accepted it.' },
    DELIVERED: { description: 'The device has received it.' },
    READ: { description: 'The user has read it.' },
    FAILED: { description: 'It could not be sent. `failure` says why.' },
    SKIPPED: { description: 'It was not sent. `failure` says why.' },
  } as const,
})

export const PushServiceType = builder.enumType('PushService', {
  description: 'The service that sends push messages to a device.',
  values: {
    WEB: { description: 'Web Push, for browsers.' },
    FCM: { description: 'Firebase Cloud Messaging, for Android and iOS apps. Not offered yet.' },
    EXPO: { description: 'Expo, for apps made with it. Not offered yet.' },
  } as const,
})
