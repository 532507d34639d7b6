import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startPostgres } from '../src/dev/embedded/postgres.ts'
import { migrate } from '../src/platform/database/migrate.ts'
import { newKey } from '../src/platform/encryption/encryptor.ts'
import type { StreamKey } from '../src/platform/streams/stream.ts'
import { createdStream, openStreamParts, type StreamParts } from '../src/testing/stream-parts.ts'
import { percentile } from './percentile.ts'

const text = 'Some twenty bytes... '
const appends = 500
const writers = 32
const readers = 1_000

/** How long an append to a text stream takes, when a reader has it, and what the poll of all readers costs. */
export async function textStreams(): Promise<string> {
  const dataDir = await mkdtemp(join(tmpdir(), 'pacer-text-streams-'))
  await using cleanup = new AsyncDisposableStack()
  cleanup.defer(() => rm(dataDir, { recursive: true, force: true }))
  const postgres = cleanup.use(await startPostgres({ dataDir: join(dataDir, 'postgres'), durable: true }))
  const url = postgres.url()
  await migrate({ url })
  const options = { url, directUrl: url, encryptionKey: newKey() }
  const writing = cleanup.use(openStreamParts({ ...options, poolSize: 10 }))
  const reading = cleanup.use(openStreamParts(options))

  const alone: number[] = []
  await write(writing, await beginStream(writing), alone)
  const together: number[] = []
  const streams = await Promise.all(Array.from({ length: writers }, () => beginStream(writing)))
  const began = performance.now()
  await Promise.all(streams.map((stream) => write(writing, stream, together)))
  const perSecond = (together.length / (performance.now() - began)) * 1_000

  const latencies = await followOne(writing, reading)
  const polls = await pollAll(writing, reading)
  const ms = (values: readonly number[], part: number) => percentile(values, part).toFixed(1)
  return [
    `an append: ${ms(alone, 0.5)} ms (p50) alone; ${perSecond.toFixed(0)} a second by ${writers} writers over 10 connections`,
    `from the commit to a reader over other connections: ${ms(latencies, 0.5)} ms (p50), ${ms(latencies, 0.95)} ms (p95)`,
    `the poll of ${readers.toLocaleString('en')} readers: ${ms(polls, 0.5)} ms (p50) a second`,
  ].join('\n')
}

async function beginStream(parts: StreamParts): Promise<StreamKey> {
  const stream = await createdStream(parts)
  await parts.db.transaction((tx) => parts.streams.begin(tx, stream, { now: new Date() }))
  return stream
}

async function write(parts: StreamParts, stream: StreamKey, milliseconds: number[]): Promise<void> {
  let after = 0
  for (let n = 0; n < appends; n += 1) {
    const began = performance.now()
    after = await parts.append(stream, { attempt: 1, after, text })
    milliseconds.push(performance.now() - began)
  }
}

async function followOne(writing: StreamParts, reading: StreamParts): Promise<number[]> {
  const stream = await beginStream(writing)
  const items = (await reading.streams.read(stream, 0, new AbortController().signal))[Symbol.asyncIterator]()
  await items.next()
  const milliseconds: number[] = []
  let after = 0
  for (let n = 0; n < appends / 5; n += 1) {
    const next = items.next()
    after = await writing.append(stream, { attempt: 1, after, text })
    const committed = performance.now()
    await next
    milliseconds.push(performance.now() - committed)
  }
  await items.return?.()
  return milliseconds
}

async function pollAll(writing: StreamParts, reading: StreamParts): Promise<number[]> {
  const stream = await createdStream(writing)
  const leaving = new AbortController()
  const open = Array.from({ length: readers }, async () => {
    const items = (await reading.streams.read(stream, 0, leaving.signal))[Symbol.asyncIterator]()
    await items.next()
    return items.next()
  })
  const milliseconds: number[] = []
  const { promise, resolve } = Promise.withResolvers<void>()
  reading.db.onStatement(({ query, duration }) => {
    if (!query.includes('unnest')) return
    milliseconds.push(duration)
    if (milliseconds.length === 10) resolve()
  })
  await promise
  leaving.abort()
  await Promise.all(open)
  return milliseconds
}
