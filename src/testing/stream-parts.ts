import { randomUUID } from 'node:crypto'
import { createDatabase, type Database } from '../platform/database/db.ts'
import { createEncryptor } from '../platform/encryption/encryptor.ts'
import { createNotifications } from '../platform/notifications/notifications.ts'
import { silentLog } from '../platform/observability/log.ts'
import type { StreamItem, StreamKey } from '../platform/streams/stream.ts'
import { createStreams, type Streams } from '../platform/streams/streams.ts'
import type { Chunk } from '../platform/streams/write-stream.ts'

export interface StreamParts extends AsyncDisposable {
  readonly db: Database
  readonly streams: Streams
  /** Appends in a transaction of its own. */
  append(stream: StreamKey, chunk: Chunk): Promise<number>
}

export interface StreamPartsOptions {
  readonly url: string
  readonly directUrl: string
  readonly encryptionKey: string
  readonly poolSize?: number
  /** Sends no notification: readers depend on the poll. */
  readonly isSilent?: boolean
}

/** What a process needs to write and read streams. */
export function openStreamParts(options: StreamPartsOptions): StreamParts {
  const { url, directUrl, encryptionKey, poolSize = 5, isSilent = false } = options
  const log = silentLog
  const db = createDatabase({
    url,
    isPooled: url !== directUrl,
    poolSize,
    log,
    onNotify: (topics) => isSilent || notifications.publish(topics),
  })
  const notifications = createNotifications({ directUrl, send: (sql, values) => db.pool.query(sql, values), log })
  const streams = createStreams({ db, notifications, encryptor: createEncryptor([encryptionKey]), log })
  return {
    db,
    streams,
    append: (stream, chunk) => db.transaction((tx) => streams.append(tx, stream, chunk)),
    async [Symbol.asyncDispose]() {
      await notifications[Symbol.asyncDispose]()
      await db[Symbol.asyncDispose]()
    },
  }
}

/** A stream of somebody, created and without an attempt. */
export async function createdStream({ db, streams }: StreamParts, now = new Date()): Promise<StreamKey> {
  const stream = { userId: randomUUID(), id: randomUUID() }
  await db.transaction((tx) => streams.create(tx, { ...stream, kind: 'test', now }))
  return stream
}

/** What a client has of a stream after each item. */
export class Received {
  text = ''
  sequence = 0
  outcome: StreamItem['outcome'] = null
  items = 0

  add({ text, sequence, isReset, outcome }: StreamItem): void {
    this.text = isReset ? text : this.text + text
    this.sequence = sequence
    this.outcome = outcome
    this.items += 1
  }
}
