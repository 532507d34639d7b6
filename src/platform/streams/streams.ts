import type { Database, Tx } from '../database/db.ts'
import type { Encryptor } from '../encryption/encryptor.ts'
import type { Notifications } from '../notifications/notifications.ts'
import type { Log } from '../observability/log.ts'
import { createReader, pollReaders, type ReadStream } from './read-stream.ts'
import type { StreamKey } from './stream.ts'
import {
  type Attempt,
  type AttemptOptions,
  appendChunk,
  beginAttempt,
  type Chunk,
  createStream,
  endStream,
  type NewStream,
  removeStreams,
  type StreamEnd,
} from './write-stream.ts'

/**
 * Texts that one writer appends to and many readers follow, on any process (docs/decisions/0024). Stored encrypted. A
 * write belongs to the transaction of its caller, and readers see it after its commit.
 */
export interface Streams {
  create(tx: Tx, stream: NewStream): Promise<void>
  begin(tx: Tx, stream: StreamKey, options: AttemptOptions): Promise<Attempt>
  append(tx: Tx, stream: StreamKey, chunk: Chunk): Promise<number>
  end(tx: Tx, stream: StreamKey, end: StreamEnd): Promise<boolean>
  remove(tx: Tx, userId: string, ids: readonly string[]): Promise<void>
  /**
   * Everything after the sequence number, then live, until the stream ends or is deleted, or the signal aborts. The first
   * item comes at once, also where nothing is new. A position that the stream does not have gets the whole text.
   */
  readonly read: ReadStream
}

export interface StreamsPorts {
  readonly db: Pick<Database, 'query'>
  readonly notifications: Notifications
  readonly encryptor: Encryptor
  readonly log: Log
}

export function createStreams(ports: StreamsPorts): Streams {
  const { encryptor } = ports
  return {
    create: createStream,
    begin: beginAttempt,
    append: (tx, stream, chunk) => appendChunk(tx, encryptor, stream, chunk),
    end: (tx, stream, end) => endStream(tx, encryptor, stream, end),
    remove: removeStreams,
    read: createReader(ports, pollReaders(ports)),
  }
}
