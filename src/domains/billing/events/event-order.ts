import type { BillingEvent } from '../../../generated/prisma/client.ts'

/** An event as it is stored. */
export type StoredEvent = Omit<BillingEvent, 'id'>

const day = 86_400_000

/** When the event occurred. A time in the future is replaced by the time of receipt: RevenueCat's own sample of a TRANSFER has the year 4466. */
export function occurredAtOf({ occurredAt, receivedAt }: Pick<StoredEvent, 'occurredAt' | 'receivedAt'>): Date {
  return occurredAt.getTime() > receivedAt.getTime() + day ? receivedAt : occurredAt
}

/** The order of events with the same time: ends, begins, changes of a period, reversals of changes, changes of owner. */
const ranks: Readonly<Record<string, number>> = {
  EXPIRATION: 0,
  INITIAL_PURCHASE: 1,
  RENEWAL: 1,
  NON_RENEWING_PURCHASE: 1,
  UNCANCELLATION: 3,
  REFUND_REVERSED: 3,
  TRANSFER: 4,
}
const rankOf = ({ type }: StoredEvent) => ranks[type] ?? 2

/** The order in which events are folded, independent of the order of receipt: by time, rank and id. */
export function compareEvents(one: StoredEvent, other: StoredEvent): number {
  return (
    occurredAtOf(one).getTime() - occurredAtOf(other).getTime() ||
    rankOf(one) - rankOf(other) ||
    (one.eventId < other.eventId ? -1 : Number(one.eventId > other.eventId))
  )
}
