import type { Tx } from '../../../platform/database/db.ts'
import { compareEvents, occurredAtOf, type StoredEvent } from './event-order.ts'
import type { ResolveUserId } from './resolve-customer.ts'

const anonymous = '$RCAnonymousID:'

/** An anonymous name that was assigned to another user. */
export interface ReassignedName {
  readonly name: string
  readonly userId: string
  /** The user to whom it was assigned before. */
  readonly formerId: string | null
}

/**
 * Assigns the anonymous names in these events to the user whose id is in the same event. The newest event decides, in
 * whatever order events are received. Requires that the names are locked. Resolves to the names whose user changed.
 */
export async function recordNames(
  tx: Tx,
  events: readonly StoredEvent[],
  resolveIdentified: ResolveUserId,
): Promise<ReassignedName[]> {
  const assigned = new Map(events.toSorted(compareEvents).flatMap((event) => assignmentsOf(event, resolveIdentified)))
  if (assigned.size === 0) return []
  const rows = await tx.billingName.findMany({ where: { name: { in: [...assigned.keys()] } } })
  const known = new Map(rows.map((row) => [row.name, row]))
  const newer = [...assigned].filter(([name, { at, eventId }]) => {
    const { reportedAt = null, eventId: oldId } = known.get(name) ?? {}
    return reportedAt === null || reportedAt < at || (reportedAt.getTime() === at.getTime() && (oldId ?? '') <= eventId)
  })
  for (const [name, { userId, at: reportedAt, eventId }] of newer) {
    const data = { userId, reportedAt, eventId }
    await tx.billingName.upsert({ where: { name }, create: { name, ...data }, update: data })
  }
  return newer
    .map(([name, { userId }]) => ({ name, userId, formerId: known.get(name)?.userId ?? null }))
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
    return names
      .filter((name) => name.startsWith(anonymous))
      .map((name): [string, NameAssignment] => [name, assignment])
  })
}
