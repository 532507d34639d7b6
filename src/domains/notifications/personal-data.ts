import { inBatches } from '../../platform/database/in-batches.ts'
import type { PersonalData } from '../../platform/personal-data.ts'
import { decryptText } from './inbox/stored-text.ts'
import { readAddress } from './push/push-address.ts'
import type { NotificationsServices } from './services.ts'

const batchSize = 500

/** A user's notifications with their deliveries, how the user wants to be notified, and the user's devices. */
export function notificationsOfUser({
  db: database,
  encryptor,
}: Pick<NotificationsServices, 'db' | 'encryptor'>): PersonalData {
  return {
    tables: [
      'notifications',
      'notification_inboxes',
      'notification_deliveries',
      'notification_attempts',
      'notification_preferences',
      'push_devices',
    ],
    async *exportFiles(db, userId) {
      const inbox = await db.notificationInbox.findUnique({ where: { userId } })
      const preferences = await db.notificationPreference.findUnique({ where: { userId } })
      const devices = await db.pushDevice.findMany({
        where: { userId },
        omit: { addressHash: true },
        orderBy: { registeredAt: 'asc' },
      })
      yield {
        path: 'notification-settings.json',
        json: {
          unreadCount: inbox?.unreadCount ?? 0,
          preferences,
          devices: devices.map((device) => ({ ...device, address: readAddress(encryptor, device.address) })),
        },
      }
      for (let page = 1, after = 0; ; page += 1) {
        const rows = await db.notification.findMany({
          where: { userId, sequence: { gt: after } },
          omit: { lease: true, leaseUntil: true, nextStepAt: true },
          include: {
            deliveries: { omit: { userId: true, notificationId: true } },
            attempts: { omit: { userId: true, notificationId: true, lease: true } },
          },
          orderBy: { sequence: 'asc' },
          take: batchSize,
        })
        if (rows.length > 0) {
          const json = rows.map((row) => ({ ...row, text: decryptText(encryptor, row.text) }))
          yield { path: `notifications/${page}.json`, json }
        }
        after = rows.at(-1)?.sequence ?? 0
        if (rows.length < batchSize) return
      }
    },
    async eraseAhead({ userId }) {
      await inBatches(
        { size: batchSize },
        (size) => database.prisma.$executeRaw`
          DELETE FROM notifications WHERE user_id = ${userId}::uuid AND id = ANY(ARRAY(
            SELECT id FROM notifications WHERE user_id = ${userId}::uuid ORDER BY sequence LIMIT ${size}))`,
      )
    },
    async eraseRows(tx, { userId }) {
      await tx.notification.deleteMany({ where: { userId } })
      await tx.notificationInbox.deleteMany({ where: { userId } })
      await tx.notificationPreference.deleteMany({ where: { userId } })
      await tx.pushDevice.deleteMany({ where: { userId } })
    },
  }
}
