import type { TestApp } from './app.ts'
import { deliver } from './clerk-webhooks.ts'

/** A webhook event of Clerk. */
export interface ClerkEventToSend {
  readonly type: string
  readonly data: object
  /** When Clerk created the event. Default: now. */
  readonly timestamp?: number
}

/** Delivers an event and returns the HTTP status. */
export function sendClerkEvent(app: TestApp, event: ClerkEventToSend): Promise<number> {
  return sendClerkBody(app, JSON.stringify({ object: 'event', timestamp: Date.now(), ...event }))
}

/** Delivers a body and returns the HTTP status. */
export async function sendClerkBody(app: TestApp, body: string, id?: string): Promise<number> {
  const { status } = await deliver(app, { body, ...(id ? { id } : {}) })
  return status
}

/** Processes all pending events concurrently, as several workers do. */
export async function processPendingEvents(app: TestApp): Promise<void> {
  const pending = await app.app.db.prisma.inboxEvent.findMany({ where: { state: 'PENDING' }, select: { id: true } })
  await Promise.all(pending.map(({ id }) => app.runJob('inbox.process', { id })))
}
