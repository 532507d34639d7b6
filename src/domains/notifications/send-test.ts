import { randomUUID } from 'node:crypto'
import type { Channel } from '../../generated/prisma/enums.ts'
import { runAs, type Viewer } from '../users/index.ts'
import { ChannelUnavailable } from './errors.ts'
import { testNotification } from './messages.ts'
import { defaultOrder, defineNotificationType } from './notification-type.ts'
import type { NotificationsServices } from './services.ts'

export const testType = defineNotificationType({
  name: 'notifications.test',
  kind: 'MESSAGE',
  messages: testNotification,
  order: defaultOrder,
  waitsInQuietHours: false,
  helpsForMs: 10 * 60_000,
})

/** Sends a test notification over one channel, also during quiet hours. Throws ChannelUnavailable. */
export async function sendTest(
  services: Pick<NotificationsServices, 'db' | 'clock' | 'channels' | 'notifyUsers'>,
  viewer: Viewer,
  channel: Channel,
): Promise<{ readonly id: string }> {
  const reason = await services.channels.unavailable(channel, viewer.id)
  if (reason) throw new ChannelUnavailable(reason)
  const item = {
    userId: viewer.id,
    type: testType,
    title: testNotification.testTitle(),
    body: testNotification.testBody(),
    dedupeKey: `test:${randomUUID()}`,
    onlyChannel: channel === 'IN_APP' ? null : channel,
  }
  const [created] = await runAs(services, viewer, (tx) => services.notifyUsers(tx, [item], services.clock()))
  if (!created) throw new Error('The test notification was not created.')
  return created
}
