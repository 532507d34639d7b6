import type { BillingEvent } from '../../generated/prisma/client.ts'

/** An event as it is kept. */
export type StoredEvent = Omit<BillingEvent, 'id'>

const day = 86_400_000

/** RevenueCat's own sample of a TRANSFER is of the year 4466: what claims to be of the future is of when it came. */
export function toldAt({ occurredAt, receivedAt }: Pick<StoredEvent, 'occurredAt' | 'receivedAt'>): Date {
  return occurredAt.getTime() > receivedAt.getTime() + day ? receivedAt : occurredAt
}

/** Of one instant: what ends, what begins, what is said of that, what takes it back, who has it then. */
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

/** The order in which events are folded, however they came: by time, rank and id. */
export function compareEvents(one: StoredEvent, other: StoredEvent): number {
  return (
    toldAt(one).getTime() - toldAt(other).getTime() ||
    rankOf(one) - rankOf(other) ||
    (one.eventId < other.eventId ? -1 : Number(one.eventId > other.eventId))
  )
}
