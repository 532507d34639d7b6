import { z } from 'zod'
import { Channel, NotificationKind } from '../../../generated/prisma/enums.ts'
import type { NotificationType, OuterChannel } from '../notification-type.ts'

/** Channels by kind, as they are stored. */
const stored = z.partialRecord(z.enum(NotificationKind), z.array(z.enum(Channel).exclude(['IN_APP'])))

export type ChannelOrders = z.infer<typeof stored>

export function readChannelOrders(json: unknown): ChannelOrders {
  return stored.parse(json ?? {})
}

/** The channels beside IN_APP that are tried for a notification of this type. */
export function orderFor(
  type: Pick<NotificationType, 'kind' | 'order'>,
  chosen: ChannelOrders,
): readonly OuterChannel[] {
  return chosen[type.kind] ?? type.order
}
