import { v7 as uuidv7 } from 'uuid'
import { z } from 'zod'
import type { Tx } from '../database/db.ts'
import { defineJob, enqueue } from '../queue/jobs.ts'
import type { Sealer } from '../sealing/sealing.ts'
import type { EventSource } from './inbox-metrics.ts'

/** A verified event of a provider, as it came in. */
export interface IncomingEvent {
  /** The provider: clerk. */
  readonly source: string
  /** The provider's own id of the event: the same event comes more than once under the same id. */
  readonly eventId: string
  readonly type: string
  /** Whom it is about, by the provider's id; null where it is about nobody. */
  readonly subject: string | null
  readonly body: Buffer
  readonly contentType: string | null
  readonly sentAt: Date
}

/** An event whose turn it is. */
export interface InboxEvent extends IncomingEvent {
  readonly id: string
}

/** What a domain does with the events of a provider. */
export interface InboxSource extends EventSource {
  /**
   * The effect of an event, in the transaction that marks it PROCESSED. It must bear any order: it locks the subject's
   * row first, so that events of one subject go one after another, and applies only what is newer.
   */
  apply(tx: Tx, event: InboxEvent): Promise<void>
}

/** Works on one event. The payload names it and carries nothing of it. */
export const processEvent = defineJob('inbox.process', z.object({ id: z.uuid() }))

/** The place that sealed bodies are bound to. */
export const bodyPlace = 'inbox_events.body'

/**
 * Remembers an event and its job, in one transaction with one unique key: false where it was remembered before, and then
 * nothing is done. Of the headers nothing is kept but the id, the time and the content type.
 */
export async function rememberEvent(
  tx: Tx,
  sealer: Sealer,
  { event, now }: { event: IncomingEvent; now: Date },
): Promise<boolean> {
  const { source, eventId, type, subject, contentType, sentAt } = event
  const id = uuidv7()
  const body = sealer.seal(event.body, bodyPlace)
  const { count } = await tx.inboxEvent.createMany({
    data: { id, source, eventId, type, subject, body, contentType, sentAt, receivedAt: now, nextAttemptAt: now },
    skipDuplicates: true,
  })
  if (count === 1) await enqueue(tx, processEvent, { id }, { key: id })
  return count === 1
}
