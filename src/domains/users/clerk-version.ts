/**
 * Which of Clerk's states of a person one is, as a text that sorts by age (bytewise, as COLLATE "C" does): by the
 * person's updated_at, then by when the event was made, then by its id. What the API answers wins over events of the
 * same updated_at. A row made from a token's claims has '', older than all.
 */
export type ClerkVersion = string

/** Of a state that an event brought. */
export function versionOfEvent(event: { updatedAt: Date; sentAt: Date; eventId: string }): ClerkVersion {
  return `${digits(event.updatedAt)} ${digits(event.sentAt)} ${event.eventId}`
}

/** Of a state that the API answered. */
export function versionOfAnswer({ updatedAt }: { updatedAt: Date }): ClerkVersion {
  return `${digits(updatedAt)} ~`
}

/** 15 digits hold every instant until the year 33658. */
function digits(instant: Date): string {
  return String(Math.max(0, instant.getTime())).padStart(15, '0')
}
