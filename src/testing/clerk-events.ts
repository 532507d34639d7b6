import type { TestApp } from './app.ts'
import { deliver } from './clerk-webhooks.ts'

/** An event as Clerk's webhooks bring it. */
export interface ClerkEventToSend {
  readonly type: string
  readonly data: object
  /** When Clerk made it; now unless told. */
  readonly timestamp?: number
}

/** Delivers an event; resolves to the HTTP status. */
export function sendClerkEvent(app: TestApp, event: ClerkEventToSend): Promise<number> {
  return sendClerkBody(app, JSON.stringify({ object: 'event', timestamp: Date.now(), ...event }))
}

/** The same for a body that is written already. */
export async function sendClerkBody(app: TestApp, body: string, id?: string): Promise<number> {
  const { status } = await deliver(app, { body, ...(id ? { id } : {}) })
  return status
}

/** Every event that waits is worked on, all of them together, as several workers do. */
export async function workOffEvents(app: TestApp): Promise<void> {
  const waiting = await app.app.db.prisma.inboxEvent.findMany({ where: { state: 'PENDING' }, select: { id: true } })
  await Promise.all(waiting.map(({ id }) => app.runJob('inbox.process', { id })))
}
