import type { Clock } from '../../../platform/clock.ts'
import type { Database } from '../../../platform/database/db.ts'
import type { Encryptor } from '../../../platform/encryption/encryptor.ts'
import { deliveryFailures, notificationMessages } from '../messages.ts'
import type { ChannelPort, NotificationsVendors, PushMessage } from '../ports.ts'
import { readAddress } from './push-address.ts'

interface PushParts extends Pick<NotificationsVendors, 'pushSenders'> {
  readonly db: Database
  readonly encryptor: Encryptor
  readonly clock: Clock
}

/** A service worker or app that confirms deliveries does so within seconds, where the device is reachable. */
const receiptWithinMs = 2 * 60_000

/** The devices of a user: browsers, and apps by FCM or Expo. Null if no service is configured. */
export function createPushChannel({ db, encryptor, clock, pushSenders }: PushParts): ChannelPort | null {
  const services = (['WEB', 'FCM', 'EXPO'] as const).filter((service) => pushSenders[service] !== null)
  if (services.length === 0) return null
  const devicesOf = (userId: string) =>
    db.prisma.pushDevice.findMany({ where: { userId, service: { in: services } }, select: { id: true } })

  return {
    channel: 'PUSH',
    receiptWithinMs,
    unavailable: async (userId) => ((await devicesOf(userId)).length === 0 ? notificationMessages.noDevice() : null),
    targets: async (userId) => (await devicesOf(userId)).map(({ id }) => id),
    async send(message, { userId, target }, signal) {
      const device = await db.prisma.pushDevice.findUnique({ where: { id: target, userId } })
      const sender = device && pushSenders[device.service]
      if (!sender) return { outcome: 'refused', failure: deliveryFailures.noAddress() }
      const result = await sender.send(readAddress(encryptor, device.address), toPush(message, clock()), signal)
      if (result.outcome !== 'unregistered') return result
      // Not a device that was registered again with the same address since.
      await db.prisma.pushDevice.deleteMany({ where: { id: target, userId, registeredAt: device.registeredAt } })
      return { outcome: 'refused', failure: result.failure }
    },
  }
}

const longestTtlSeconds = 24 * 3_600

function toPush(message: Parameters<ChannelPort['send']>[0], now: Date): PushMessage {
  const { notificationId, kind, title, body, receiptToken, helpsUntil } = message
  const ttlSeconds = Math.ceil((helpsUntil.getTime() - now.getTime()) / 1_000)
  return {
    title,
    body,
    data: { notificationId, kind, receiptToken },
    ttlSeconds: Math.min(Math.max(ttlSeconds, 60), longestTtlSeconds),
    tag: notificationId,
  }
}
