import { v7 as uuidv7 } from 'uuid'
import { notify, type Tx } from '../database/db.ts'
import type { Encryptor } from '../encryption/encryptor.ts'
import {
  mostChunkBytes,
  mostChunks,
  mostStreamBytes,
  type StreamKey,
  type StreamOutcome,
  streamTopic,
} from './stream.ts'
import { StreamClosed } from './stream-closed.ts'
import { chunkPlace, decryptText, encryptText, streamTextPlace } from './stream-text.ts'

export interface NewStream extends StreamKey {
  /** What the text is: "coach.reply". */
  readonly kind: string
  readonly now: Date
}

/** Creates an empty stream, which can be read from this commit on. Repeating it has no further effect. */
export async function createStream(tx: Tx, { userId, id, kind, now }: NewStream): Promise<void> {
  await tx.stream.createMany({ data: { userId, id, kind, openedAt: now }, skipDuplicates: true })
}

export interface AttemptOptions {
  readonly now: Date
  /** Opens a stream again that has ended: for a retry that a user requests. */
  readonly reopen?: boolean
}

/** A writer's right to append, until another attempt begins. */
export interface Attempt {
  readonly attempt: number
  /** The sequence number to append after. */
  readonly sequence: number
}

/**
 * Begins an attempt to write the text: the writers of earlier attempts can append no more. What they wrote is discarded,
 * and readers are told so: a reset takes a sequence number of its own. Throws StreamClosed.
 */
export async function beginAttempt(
  tx: Tx,
  stream: StreamKey,
  { now, reopen = false }: AttemptOptions,
): Promise<Attempt> {
  const [begun] = await tx.$queryRaw<Attempt[]>`
    UPDATE streams SET
      attempt = attempt + 1,
      first_sequence = CASE WHEN attempt = 0 THEN 0 ELSE last_sequence + 1 END,
      last_sequence = CASE WHEN attempt = 0 THEN 0 ELSE last_sequence + 1 END,
      byte_size = 0, chunk_count = 0,
      opened_at = CASE WHEN ended_at IS NULL THEN opened_at ELSE ${now}::timestamptz END,
      ended_at = NULL, outcome = NULL, text = NULL
    WHERE user_id = ${stream.userId}::uuid AND id = ${stream.id}::uuid AND (ended_at IS NULL OR ${reopen})
    RETURNING attempt, last_sequence AS sequence`
  if (!begun) throw new StreamClosed(stream.id, (await lockStream(tx, stream)) ? 'ended' : 'removed')
  await deleteChunks(tx, stream)
  notify(tx, streamTopic(stream))
  return begun
}

export interface Chunk {
  /** Of `beginAttempt`. */
  readonly attempt: number
  /** The sequence number that `beginAttempt` or the last `appendChunk` resolved to. */
  readonly after: number
  /** At most 16 KiB. */
  readonly text: string
}

/**
 * Appends to the text and resolves to the sequence number of its end. One conditional statement locks the stream and
 * checks attempt, end, position and size; so a chunk whose commit the writer does not know of can be sent again, and is
 * in the text once. Throws StreamClosed where the writer has to stop.
 */
export async function appendChunk(tx: Tx, encryptor: Encryptor, stream: StreamKey, chunk: Chunk): Promise<number> {
  const { attempt, after, text } = chunk
  const bytes = Buffer.byteLength(text)
  if (bytes > mostChunkBytes) {
    throw new RangeError(
      `A chunk of ${bytes} bytes was appended to stream ${stream.id}; ${mostChunkBytes} are allowed.`,
    )
  }
  if (text === '') return after
  const sequence = after + text.length
  const appended = await tx.$executeRaw`
    WITH stream AS (
      UPDATE streams SET
        last_sequence = ${sequence}::int, byte_size = byte_size + ${bytes}::int, chunk_count = chunk_count + 1
      WHERE user_id = ${stream.userId}::uuid AND id = ${stream.id}::uuid
        AND attempt = ${attempt}::int AND ended_at IS NULL AND last_sequence = ${after}::int
        AND byte_size + ${bytes}::int <= ${mostStreamBytes}::int AND chunk_count < ${mostChunks}::int
      RETURNING user_id, id, last_sequence)
    INSERT INTO stream_chunks (user_id, stream_id, sequence, id, text)
    SELECT user_id, id, last_sequence, ${uuidv7()}::uuid, ${encryptText(encryptor, text, chunkPlace)} FROM stream`
  if (appended === 1) {
    notify(tx, streamTopic(stream))
    return sequence
  }
  const row = await lockStream(tx, stream)
  const reason = reasonOf(row, attempt)
  if (reason) throw new StreamClosed(stream.id, reason)
  if (row?.lastSequence === sequence) return sequence // appended before
  if (row?.lastSequence === after) throw new StreamClosed(stream.id, 'full')
  throw new Error(
    `A chunk was appended to stream ${stream.id} after ${after}, but its text ends at ${row?.lastSequence}. ` +
      'Append after the sequence number that the last append resolved to.',
  )
}

export interface StreamEnd {
  /** Of the writer. Without it the stream ends whichever attempt writes: for a stop that a user requests. */
  readonly attempt?: number
  readonly outcome: StreamOutcome
  readonly now: Date
}

/**
 * Ends the stream: its whole text is stored in its row and its chunks are deleted. Resolves to false where it has ended
 * before. Throws StreamClosed to a writer that was replaced or whose stream was deleted.
 */
export async function endStream(tx: Tx, encryptor: Encryptor, stream: StreamKey, end: StreamEnd): Promise<boolean> {
  const { attempt, outcome, now } = end
  const row = await lockStream(tx, stream)
  const reason = reasonOf(row, attempt ?? row?.attempt ?? 0)
  if (reason === 'ended' || (reason === 'removed' && attempt === undefined)) return false
  if (reason) throw new StreamClosed(stream.id, reason)
  const chunks = await tx.streamChunk.findMany({
    where: { userId: stream.userId, streamId: stream.id },
    orderBy: { sequence: 'asc' },
    select: { text: true },
  })
  const text = chunks.map((chunk) => decryptText(encryptor, chunk.text, chunkPlace)).join('')
  await tx.stream.update({
    where: { userId_id: { userId: stream.userId, id: stream.id } },
    data: { endedAt: now, outcome, text: encryptText(encryptor, text, streamTextPlace) },
  })
  await deleteChunks(tx, stream)
  notify(tx, streamTopic(stream))
  return true
}

/** Deletes streams with their text. Their readers end, their writers get StreamClosed. */
export async function removeStreams(tx: Tx, userId: string, ids: readonly string[]): Promise<void> {
  await tx.stream.deleteMany({ where: { userId, id: { in: [...ids] } } })
  for (const id of ids) notify(tx, streamTopic({ id }))
}

async function deleteChunks(tx: Tx, { userId, id }: StreamKey): Promise<void> {
  await tx.streamChunk.deleteMany({ where: { userId, streamId: id } })
}

interface StreamState {
  readonly attempt: number
  readonly lastSequence: number
  readonly isEnded: boolean
}

async function lockStream(tx: Tx, { userId, id }: StreamKey): Promise<StreamState | undefined> {
  const [row] = await tx.$queryRaw<StreamState[]>`
    SELECT attempt, last_sequence AS "lastSequence", ended_at IS NOT NULL AS "isEnded" FROM streams
    WHERE user_id = ${userId}::uuid AND id = ${id}::uuid FOR NO KEY UPDATE`
  return row
}

/** Why the stream is closed to a writer of this attempt; null where it is not. */
function reasonOf(row: StreamState | undefined, attempt: number): StreamClosed['reason'] | null {
  if (!row) return 'removed'
  if (row.attempt !== attempt) return 'replaced'
  return row.isEnded ? 'ended' : null
}
