import { compareEvents, type StoredEvent, toldAt } from './event-order.ts'
import type { WhoIs } from './who-is.ts'

/** Whose a purchase is from an instant on; null: nobody known. */
export interface Owner {
  readonly from: Date
  readonly userId: string | null
}

/** A purchase belongs to whom its events name, the newest last, and moves with each TRANSFER from them. */
export function ownersOf(events: readonly StoredEvent[], transfers: readonly StoredEvent[], who: WhoIs): Owner[] {
  const owners: Owner[] = []
  let names: readonly string[] = []
  for (const event of [...events, ...transfers].sort(compareEvents)) {
    if (event.type !== 'TRANSFER' && event.names.length > 0) names = event.names
    else if (event.type === 'TRANSFER' && isOf(event.names, names, who)) names = event.transferredTo
    else continue
    owners.push({ from: toldAt(event), userId: who(names) })
  }
  return owners
}

export function lastOwner(owners: readonly Owner[]): string | null {
  return owners.at(-1)?.userId ?? null
}

/**
 * Whose it was at an instant, or who got it first after that where nobody was known: credits of what was bought before
 * signing in wait for the person.
 */
export function ownerSince(owners: readonly Owner[], instant: Date): string | null {
  const at = Math.max(
    0,
    owners.findLastIndex(({ from }) => from <= instant),
  )
  return owners.slice(at).find(({ userId }) => userId !== null)?.userId ?? null
}

function isOf(losing: readonly string[], names: readonly string[], who: WhoIs): boolean {
  if (losing.some((name) => names.includes(name))) return true
  const person = who(names)
  return person !== null && person === who(losing)
}
