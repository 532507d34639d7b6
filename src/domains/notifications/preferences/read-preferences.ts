import type { Reader } from '../../../platform/database/db.ts'
import { type ChannelOrders, readChannelOrders } from './channel-orders.ts'
import type { QuietHours } from './quiet-hours.ts'

export interface Preferences {
  readonly quietHours: QuietHours | null
  readonly orders: ChannelOrders
}

export async function readPreferences(db: Reader, userId: string): Promise<Preferences> {
  const row = await db.notificationPreference.findUnique({ where: { userId } })
  return toPreferences(row)
}

/** The preferences of a row; those of users without a row. */
export function toPreferences(row: PreferenceRow | null): Preferences {
  const { quietFrom = null, quietTo = null, channelOrders = {} } = row ?? {}
  const quietHours = quietFrom === null || quietTo === null ? null : { from: quietFrom, to: quietTo }
  return { quietHours, orders: readChannelOrders(channelOrders) }
}

interface PreferenceRow {
  readonly quietFrom: number | null
  readonly quietTo: number | null
  readonly channelOrders: unknown
}
