import type { Channel, NotificationKind } from '../../../generated/prisma/enums.ts'
import { checkAll, InvalidInput } from '../../../platform/errors.ts'
import { runAs, type Viewer } from '../../users/index.ts'
import { notificationMessages } from '../messages.ts'
import type { OuterChannel } from '../notification-type.ts'
import type { NotificationsServices } from '../services.ts'
import { type ChannelOrders, readChannelOrders } from './channel-orders.ts'
import { parseLocalTime, type QuietHours } from './quiet-hours.ts'

/** An omitted field is not changed; null clears it. */
export interface PreferenceChanges {
  readonly quietHours?: { readonly from: string; readonly to: string } | null | undefined
  readonly channels?: readonly ChannelChoice[] | null | undefined
}

export interface ChannelChoice {
  readonly kind: NotificationKind
  readonly order: readonly Channel[]
}

/** Updates how a user wants to be notified. Throws InvalidInput. */
export async function updatePreferences(
  services: Pick<NotificationsServices, 'db'>,
  viewer: Viewer,
  { quietHours, channels }: PreferenceChanges,
): Promise<void> {
  const checked = checkAll({
    quiet: () => (quietHours ? checkQuietHours(quietHours) : null),
    orders: () => (channels ? checkOrders(channels) : {}),
  })
  const userId = viewer.id
  await runAs(services, viewer, async (tx) => {
    const row = await tx.notificationPreference.findUnique({ where: { userId } })
    const orders = channels === null ? {} : { ...readChannelOrders(row?.channelOrders), ...checked.orders }
    const data = {
      ...(quietHours === undefined
        ? {}
        : { quietFrom: checked.quiet?.from ?? null, quietTo: checked.quiet?.to ?? null }),
      channelOrders: orders,
    }
    await tx.notificationPreference.upsert({ where: { userId }, create: { userId, ...data }, update: data })
  })
}

function checkQuietHours(quiet: { readonly from: string; readonly to: string }): QuietHours {
  const [from, to] = [parseLocalTime(quiet.from), parseLocalTime(quiet.to)]
  if (from === null || to === null) throw InvalidInput.of('quietHours', notificationMessages.invalidLocalTime())
  if (from === to) throw InvalidInput.of('quietHours', notificationMessages.emptyQuietHours())
  return { from, to }
}

/** IN_APP may be listed, and is left out: it is always used. */
function checkOrders(choices: readonly ChannelChoice[]): ChannelOrders {
  const orders: ChannelOrders = {}
  for (const { kind, order } of choices) {
    if (orders[kind]) throw InvalidInput.of('channels', notificationMessages.repeatedKind())
    if (new Set(order).size < order.length) throw InvalidInput.of('channels', notificationMessages.repeatedChannel())
    orders[kind] = order.filter((channel): channel is OuterChannel => channel !== 'IN_APP')
  }
  return orders
}
