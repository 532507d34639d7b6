import type { Tx } from '../../platform/database/db.ts'
import { compareEvents, type StoredEvent, toldAt } from './event-order.ts'
import type { WhoIs } from './who-is.ts'

const anonymous = '$RCAnonymousID:'

/** An anonymous name that is somebody else's now. */
export interface RenamedPerson {
  readonly name: string
  readonly userId: string
  /** Whose it was. */
  readonly formerId: string | null
}

/**
 * Remembers whose the anonymous names are that stand beside a person's in these events: the newest event says it, in
 * whatever order they come. The names are locked. Answers those that changed.
 */
export async function rememberNames(tx: Tx, events: readonly StoredEvent[], named: WhoIs): Promise<RenamedPerson[]> {
  const said = new Map(events.toSorted(compareEvents).flatMap((event) => sayingsOf(event, named)))
  if (said.size === 0) return []
  const rows = await tx.billingName.findMany({ where: { name: { in: [...said.keys()] } } })
  const known = new Map(rows.map((row) => [row.name, row]))
  const newer = [...said].filter(([name, { at, eventId }]) => {
    const { saidAt = null, eventId: oldId } = known.get(name) ?? {}
    return saidAt === null || saidAt < at || (saidAt.getTime() === at.getTime() && (oldId ?? '') <= eventId)
  })
  for (const [name, { userId, at: saidAt, eventId }] of newer) {
    const data = { userId, saidAt, eventId }
    await tx.billingName.upsert({ where: { name }, create: { name, ...data }, update: data })
  }
  return newer
    .map(([name, { userId }]) => ({ name, userId, formerId: known.get(name)?.userId ?? null }))
    .filter(({ userId, formerId }) => userId !== formerId)
}

interface Saying {
  readonly userId: string
  readonly at: Date
  readonly eventId: string
}

/** Each side of a TRANSFER is a person of its own. */
function sayingsOf(event: StoredEvent, named: WhoIs): [string, Saying][] {
  return [event.names, event.transferredTo].flatMap((names) => {
    const userId = named(names)
    if (userId === null) return []
    const saying = { userId, at: toldAt(event), eventId: event.eventId }
    return names.filter((name) => name.startsWith(anonymous)).map((name): [string, Saying] => [name, saying])
  })
}
