import { isDatabaseUnavailable } from '../database/database-unavailable.ts'
import type { Database } from '../database/db.ts'
import type { Encryptor } from '../encryption/encryptor.ts'
import { NotFound } from '../errors.ts'
import { platformMessages } from '../messages/platform-messages.ts'
import type { Notifications } from '../notifications/notifications.ts'
import { createPoll, type Poll } from '../notifications/poll.ts'
import type { Log } from '../observability/log.ts'
import { type StreamItem, type StreamKey, type StreamOutcome, streamTopic } from './stream.ts'
import { chunkPlace, decryptText, streamTextPlace } from './stream-text.ts'

export interface ReadPorts {
  readonly db: Pick<Database, 'query'>
  readonly notifications: Notifications
  readonly encryptor: Encryptor
}

/** Reads a stream after a sequence number: at once, then live. Throws NotFound. */
export type ReadStream = (stream: StreamKey, after: number, signal: AbortSignal) => Promise<AsyncIterable<StreamItem>>

/** Notifications come with every chunk and every 30 s: a database that is unavailable for so many reads ends the reader. */
const mostFailures = 5

/**
 * The reader subscribes before it reads, so that no change falls between; a notification, or the poll, only tells it to
 * read again. What is read is everything after the reader's position, so lost, repeated and merged notifications make no
 * difference to the text.
 */
export function createReader(ports: ReadPorts, poll: Poll<OpenReader>): ReadStream {
  return async (stream, after, signal) => {
    const changes = await ports.notifications.subscribe(streamTopic(stream), signal)
    const first = await readAfter(ports, stream, after)
    if (!first) throw new NotFound(platformMessages.streamNotFound())
    return follow(ports, poll, { stream, first, changes })
  }
}

async function* follow(
  ports: ReadPorts,
  poll: Poll<OpenReader>,
  { stream, first, changes }: { stream: StreamKey; first: StreamItem; changes: AsyncIterable<void> },
): AsyncGenerator<StreamItem, void> {
  const reader: OpenReader = { ...stream, after: first.sequence }
  const leave = poll.add(reader, () => ports.notifications.wake(streamTopic(stream)))
  let failures = 0
  try {
    yield first
    if (first.outcome) return
    for await (const _ of changes) {
      const item = await readAfter(ports, stream, reader.after).catch((error: unknown) => {
        failures += 1
        if (!isDatabaseUnavailable(error) || failures === mostFailures) throw error
        return 'unavailable' as const
      })
      if (item === 'unavailable') continue
      failures = 0
      if (!item) return
      if (item.sequence === reader.after && !item.outcome) continue
      reader.after = item.sequence
      yield item
      if (item.outcome) return
    }
  } finally {
    leave()
  }
}

interface Row {
  readonly firstSequence: number
  readonly lastSequence: number
  readonly outcome: StreamOutcome | null
  readonly text: Buffer | null
  /** Those with text that the reader lacks. */
  readonly chunks: readonly Buffer[]
}

/** One statement, so that chunks and final text are of one moment. */
const rowAfter = `
  SELECT first_sequence AS "firstSequence", last_sequence AS "lastSequence", outcome, text, ARRAY(
    SELECT chunk.text FROM stream_chunks AS chunk
    WHERE chunk.user_id = stream.user_id AND chunk.stream_id = stream.id
      AND chunk.sequence > CASE WHEN $3 BETWEEN first_sequence AND last_sequence THEN $3 ELSE first_sequence END
    ORDER BY chunk.sequence) AS chunks
  FROM streams AS stream WHERE user_id = $1 AND id = $2`

/** What a reader at this position lacks, which may be nothing; null where there is no such stream. */
async function readAfter(
  { db, encryptor }: ReadPorts,
  { userId, id }: StreamKey,
  after: number,
): Promise<StreamItem | null> {
  const [row] = await db.query<Row>(rowAfter, [userId, id, after])
  if (!row) return null
  const { firstSequence, lastSequence, outcome, chunks } = row
  const isReset = after < firstSequence || after > lastSequence
  const text = row.text
    ? decryptText(encryptor, row.text, streamTextPlace)
    : chunks.map((chunk) => decryptText(encryptor, chunk, chunkPlace)).join('')
  // What is lacking is at the end, whether `text` is the whole text or that of the last chunks.
  const lacking = lastSequence - (isReset ? firstSequence : after)
  return { sequence: lastSequence, text: lacking === 0 ? '' : text.slice(-lacking), isReset, outcome }
}

/** Where a reader of this process stands. */
export interface OpenReader extends StreamKey {
  after: number
}

/** The places of those readers whose stream has something new, has ended or was deleted. */
const changed = `
  SELECT reader.place::int FROM unnest($1::uuid[], $2::uuid[], $3::int[]) WITH ORDINALITY
    AS reader (user_id, id, after, place)
  LEFT JOIN streams AS stream ON stream.user_id = reader.user_id AND stream.id = reader.id
  WHERE stream.id IS NULL OR stream.last_sequence <> reader.after OR stream.ended_at IS NOT NULL`

export function pollReaders({ db, log }: Pick<ReadPorts, 'db'> & { readonly log: Log }): Poll<OpenReader> {
  return createPoll({
    name: 'streams',
    log,
    async find(readers) {
      const columns = [
        readers.map(({ userId }) => userId),
        readers.map(({ id }) => id),
        readers.map(({ after }) => after),
      ]
      const rows = await db.query<{ place: number }>(changed, columns)
      return rows.flatMap(({ place }) => readers[place - 1] ?? [])
    },
  })
}
