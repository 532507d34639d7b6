import { v7 as uuidv7 } from 'uuid'
import { z } from 'zod'
import type { Tx } from '../database/db.ts'
import type { Encryptor } from '../encryption/encryptor.ts'
import { defineJob, enqueue } from '../jobs/define-job.ts'
import type { EventSource } from './inbox-metrics.ts'

/** A verified event of a provider, as received. */
export interface IncomingEvent {
  /** The provider, for example clerk. */
  readonly source: string
  /** The provider's id of the event. The provider may send the same event several times with the same id. */
  readonly eventId: string
  readonly type: string
  /** The provider's id of the person it is about; null if it is about nobody. */
  readonly subject: string | null
  readonly body: Buffer
  readonly contentType: string | null
  readonly sentAt: Date
}

/** A stored event that is being processed. */
export interface InboxEvent extends IncomingEvent {
  readonly id: string
}

/** How a domain processes the events of a provider. */
export interface InboxSource extends EventSource {
  /**
   * Applies an event, in the transaction that marks it PROCESSED. Events may come in any order and repeatedly: it locks
   * the subject's row first, so that events of one subject are applied one after another, and applies only newer data.
   */
  apply(tx: Tx, event: InboxEvent): Promise<void>
}

/** Processes one event. The payload holds the event's id and none of its content. */
export const processEvent = defineJob({
  name: 'inbox.process',
  payload: z.object({ id: z.uuid() }),
  priority: 'webhook',
})

/** The place that encrypted bodies are bound to. */
export const bodyPlace = 'inbox_events.body'

/**
 * Stores an event and enqueues its job in one transaction. Returns false if the event was stored before; then it does
 * nothing. Of the headers only the id, the timestamp and the content type are stored.
 */
export async function storeEvent(
  tx: Tx,
  encryptor: Encryptor,
  { event, now }: { event: IncomingEvent; now: Date },
): Promise<boolean> {
  const { source, eventId, type, subject, contentType, sentAt } = event
  const id = uuidv7()
  const body = encryptor.encrypt(event.body, bodyPlace)
  const { count } = await tx.inboxEvent.createMany({
    data: { id, source, eventId, type, subject, body, contentType, sentAt, receivedAt: now, nextAttemptAt: now },
    skipDuplicates: true,
  })
  if (count === 1) await enqueue(tx, processEvent, { id }, { key: id })
  return count === 1
}
