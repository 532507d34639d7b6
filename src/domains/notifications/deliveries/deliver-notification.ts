import { enqueue } from '../../../platform/jobs/define-job.ts'
import type { Localization } from '../../../platform/messages/format-message.ts'
import { localizationOfUser } from '../../users/index.ts'
import { decryptText, writeText } from '../inbox/stored-text.ts'
import { deliver } from '../job-types.ts'
import { deliveryFailures } from '../messages.ts'
import type { NotificationType, OuterChannel } from '../notification-type.ts'
import type { OutgoingMessage } from '../ports.ts'
import { orderFor } from '../preferences/channel-orders.ts'
import { endOfQuietHours } from '../preferences/quiet-hours.ts'
import type { NotificationsServices } from '../services.ts'
import { attemptChannel } from './attempt-channel.ts'
import { changeDelivery } from './change-delivery.ts'
import { type ClaimedNotification, claimNotification, type NotificationKey } from './claim-notification.ts'
import { type DeliverySoFar, nextStep } from './next-step.ts'

/**
 * Continues the delivery of a notification until it has ended or has to wait; then a job is added for that instant. Every
 * decision is made of stored rows, so it may run again, run twice at once, and be interrupted anywhere.
 */
export async function deliverNotification(services: NotificationsServices, key: NotificationKey): Promise<void> {
  const { claimed, heldUntil } = await claimNotification(services, key, services.clock())
  if (heldUntil)
    await services.db.transaction((tx) => enqueue(tx, deliver, key, { key: key.notificationId, runAt: heldUntil }))
  if (!claimed) return
  const type = services.types().get(claimed.row.type)
  const localization = await localizationOfUser(services.db.prisma, key.userId)
  await walkChannels(services, { claimed, type, localization })
}

interface Walk {
  readonly claimed: ClaimedNotification
  /** Undefined if this release does not have it: then nothing is sent. */
  readonly type: NotificationType | undefined
  readonly localization: Localization
}

async function walkChannels(services: NotificationsServices, { claimed, type, localization }: Walk): Promise<void> {
  const { userId, notificationId, row, channels } = claimed
  let attempts = claimed.attempts
  for (;;) {
    const now = services.clock()
    const { quietHours } = claimed.preferences
    const soFar: DeliverySoFar = {
      readAt: row.readAt,
      helpsUntil: row.helpsUntil,
      quietUntil: type?.waitsInQuietHours ? endOfQuietHours(quietHours, localization.timeZone, now) : null,
      order: type ? channelsOf(claimed, type) : [],
      channels,
      attempts,
    }
    const step = nextStep(soFar, now)
    if (step.do === 'end') {
      if (step.skipped) {
        await changeDelivery(services.db.prisma, {
          userId,
          notificationId,
          ...step.skipped,
          status: 'SKIPPED',
          at: now,
        })
      }
      return release(services, claimed, null)
    }
    if (step.do === 'wait') return release(services, claimed, step.until)

    const { channel } = step
    countMissingReceipts(services, soFar, channel)
    const port = services.channels.get(channel)
    if (!port || (await port.unavailable(userId)) !== null) {
      const failure = deliveryFailures.channelUnavailable()
      await changeDelivery(services.db.prisma, { userId, notificationId, channel, status: 'SKIPPED', failure, at: now })
      channels.set(channel, { status: 'SKIPPED', receiptDueAt: null })
      continue
    }
    const message = messageOf(services, { claimed, type, localization }, now)
    const attempt = await attemptChannel(services, { claimed: { ...claimed, attempts }, port, message })
    // The job of the worker that has the notification continues.
    if (!attempt) return
    attempts = attempt.attempts
    channels.set(channel, attempt.channel)
  }
}

function channelsOf({ row, preferences }: ClaimedNotification, type: NotificationType): readonly OuterChannel[] {
  const { onlyChannel } = row
  if (onlyChannel) return onlyChannel === 'IN_APP' ? [] : [onlyChannel]
  return orderFor(type, preferences.orders)
}

/** Counts channels without a receipt when the channel after them is tried for the first time. */
function countMissingReceipts(services: NotificationsServices, { order, channels }: DeliverySoFar, next: OuterChannel) {
  if (channels.has(next)) return
  const before = order.slice(0, order.indexOf(next)).findLast((channel) => channels.get(channel)?.status === 'SENT')
  if (before) services.deliveryMetrics.fellBack(before, 'no_receipt')
}

function messageOf(services: NotificationsServices, { claimed, type, localization }: Walk, now: Date): OutgoingMessage {
  const { userId, notificationId, row } = claimed
  const { title, body } = decryptText(services.encryptor, row.text)
  return {
    userId,
    notificationId,
    kind: row.kind,
    title: writeText(type, title, { localization, now }),
    body: writeText(type, body, { localization, now }),
    helpsUntil: row.helpsUntil,
    receiptToken: services.receiptTokens.sign({ userId, notificationId }),
  }
}

/** Gives the notification back, and adds the job of the next step. */
async function release(
  { db }: NotificationsServices,
  { userId, notificationId, lease }: ClaimedNotification,
  next: Date | null,
): Promise<void> {
  const values = [userId, notificationId, lease, next]
  if (next === null) {
    await db.query(`${releaseSql} RETURNING id`, values)
    return
  }
  await db.transaction(async (tx) => {
    const count = await tx.$executeRawUnsafe(releaseSql, ...values)
    if (count > 0) await enqueue(tx, deliver, { userId, notificationId }, { key: notificationId, runAt: next })
  })
}

const releaseSql = `
  UPDATE notifications SET lease = NULL, lease_until = NULL, next_step_at = $4::timestamptz
  WHERE user_id = $1::uuid AND id = $2::uuid AND lease = $3::uuid`
