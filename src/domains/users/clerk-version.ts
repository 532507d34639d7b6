/**
 * The version of a Clerk user's state, as a text that sorts by age (bytewise, as COLLATE "C" does): by the user's
 * updated_at, then by the time of the event, then by the event's id. A response of the API is newer than events with the
 * same updated_at. A row created from a token's claims has '', which is older than all others.
 */
export type ClerkVersion = string

/** The version of a state that a webhook event contains. */
export function versionOfEvent(event: { updatedAt: Date; sentAt: Date; eventId: string }): ClerkVersion {
  return `${digits(event.updatedAt)} ${digits(event.sentAt)} ${event.eventId}`
}

/** The version of a state that the API returned. */
export function versionOfAnswer({ updatedAt }: { updatedAt: Date }): ClerkVersion {
  return `${digits(updatedAt)} ~`
}

/** 15 digits are enough for every instant until the year 33658. */
function digits(instant: Date): string {
  return String(Math.max(0, instant.getTime())).padStart(15, '0')
}
