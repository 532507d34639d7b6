import { compareEvents, occurredAtOf, type StoredEvent } from './event-order.ts'
import type { ResolveUserId } from './resolve-customer.ts'

/** The owner of a purchase from a time on. Null if no known user owns it. */
export interface Owner {
  readonly from: Date
  readonly userId: string | null
}

/** Computes the owners of a purchase, oldest first: the users that its events name, and those that it was transferred to. */
export function ownersOf(
  events: readonly StoredEvent[],
  transfers: readonly StoredEvent[],
  resolveUserId: ResolveUserId,
): Owner[] {
  const owners: Owner[] = []
  let names: readonly string[] = []
  for (const event of [...events, ...transfers].sort(compareEvents)) {
    if (event.type !== 'TRANSFER' && event.names.length > 0) names = event.names
    else if (event.type === 'TRANSFER' && isOf(event.names, names, resolveUserId)) names = event.transferredTo
    else continue
    owners.push({ from: occurredAtOf(event), userId: resolveUserId(names) })
  }
  return owners
}

export function lastOwner(owners: readonly Owner[]): string | null {
  return owners.at(-1)?.userId ?? null
}

/**
 * Returns the owner at a time, or the first known owner after it: credits bought before signing in are granted after the
 * user is known.
 */
export function ownerSince(owners: readonly Owner[], instant: Date): string | null {
  const at = Math.max(
    0,
    owners.findLastIndex(({ from }) => from <= instant),
  )
  return owners.slice(at).find(({ userId }) => userId !== null)?.userId ?? null
}

function isOf(losing: readonly string[], names: readonly string[], resolveUserId: ResolveUserId): boolean {
  if (losing.some((name) => names.includes(name))) return true
  const userId = resolveUserId(names)
  return userId !== null && userId === resolveUserId(losing)
}
