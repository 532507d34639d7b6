import type { Reader } from '../../platform/database/db.ts'
import { findEvents, type InboxListing } from '../../platform/inbox/inbox-list.ts'

/** Finds events by our ids or the provider's. Throws if one of them does not exist. */
export async function existingEvents(db: Reader, names: readonly string[]): Promise<InboxListing[]> {
  const events = await findEvents(db, names)
  const known = new Set(events.flatMap(({ id, eventId }) => [id, eventId]))
  const unknown = names.filter((name) => !known.has(name) && !known.has(name.toLowerCase()))
  if (unknown.length === 0) return events
  throw new Error(`There is no event ${unknown.join(', ')}. \`webhooks list\` lists the events.`)
}
