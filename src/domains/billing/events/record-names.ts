import type { Tx } from '../../../platform/database/db.ts'
import { compareEvents, occurredAtOf, type StoredEvent } from './event-order.ts'
import type { ResolveUserId } from './resolve-customer.ts'

const anonymous = '$RCAnonymousID:'

/** An anonymous name, by its hash, that was assigned to another user. */
export interface ReassignedName {
  readonly hash: string
  readonly userId: string
  /** The user to whom it was assigned before. */
  readonly formerId: string | null
}

/**
 * Assigns the anonymous names in these events to the user whose id is in the same event. The newest event decides, in
 * whatever order events are received. Requires that the names are stored and locked. Resolves to the names whose user
 * changed.
 */
export async function recordNames(
  tx: Tx,
  events: readonly StoredEvent[],
  resolveIdentified: ResolveUserId,
): Promise<ReassignedName[]> {
  const assigned = new Map(events.toSorted(compareEvents).flatMap((event) => assignmentsOf(event, resolveIdentified)))
  if (assigned.size === 0) return []
  const rows = await tx.billingName.findMany({
    where: { hash: { in: [...assigned.keys()] }, name: { startsWith: anonymous } },
  })
  const known = new Map(rows.map((row) => [row.hash, row]))
  const newer = [...assigned].filter(([hash, { at, eventId }]) => {
    const row = known.get(hash)
    if (!row) return false
    const { reportedAt, eventId: oldId } = row
    return reportedAt === null || reportedAt < at || (reportedAt.getTime() === at.getTime() && (oldId ?? '') <= eventId)
  })
  for (const [hash, { userId, at: reportedAt, eventId }] of newer) {
    await tx.billingName.update({ where: { hash }, data: { userId, reportedAt, eventId } })
  }
  return newer
    .map(([hash, { userId }]) => ({ hash, userId, formerId: known.get(hash)?.userId ?? null }))
    .filter(({ userId, formerId }) => userId !== formerId)
}

interface NameAssignment {
  readonly userId: string
  readonly at: Date
  readonly eventId: string
}

/** The two sides of a TRANSFER are two users. */
function assignmentsOf(event: StoredEvent, resolveIdentified: ResolveUserId): [string, NameAssignment][] {
  return [event.names, event.transferredTo].flatMap((names) => {
    const userId = resolveIdentified(names)
    if (userId === null) return []
    const assignment = { userId, at: occurredAtOf(event), eventId: event.eventId }
    return names.map((hash): [string, NameAssignment] => [hash, assignment])
  })
}
