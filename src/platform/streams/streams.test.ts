import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { testRun } from '../../testing/job-run.ts'
import { type ClonedDatabase, cloneDatabase, directUrlOf } from '../../testing/postgres.ts'
import { createdStream, openStreamParts, Received, type StreamParts } from '../../testing/stream-parts.ts'
import { newKey } from '../encryption/encryptor.ts'
import { NotFound } from '../errors.ts'
import { mostChunkBytes, mostStreamBytes, type StreamItem, type StreamKey } from './stream.ts'
import type { StreamClosed } from './stream-closed.ts'
import { streamsWorker } from './streams-pruning.ts'

const now = new Date()
const encryptionKey = newKey()

let database: ClonedDatabase
let parts: StreamParts
beforeAll(async () => {
  database = await cloneDatabase()
  parts = open()
})
afterAll(async () => {
  await parts[Symbol.asyncDispose]()
  await database[Symbol.asyncDispose]()
})

const open = (options: { readonly isSilent?: boolean } = {}) =>
  openStreamParts({ url: database.url, directUrl: directUrlOf(database.url), encryptionKey, ...options })

const begin = (stream: StreamKey, reopen = false) =>
  parts.db.transaction((tx) => parts.streams.begin(tx, stream, { now, reopen }))
const end = (stream: StreamKey, attempt?: number) =>
  parts.db.transaction((tx) =>
    parts.streams.end(tx, stream, { outcome: 'COMPLETED', now, ...(attempt === undefined ? {} : { attempt }) }),
  )
const closed = (reason: StreamClosed['reason']) => expect.objectContaining({ name: 'StreamClosed', reason })

async function written(...texts: readonly string[]): Promise<StreamKey & { readonly after: number }> {
  const stream = await createdStream(parts)
  let { sequence: after } = await begin(stream)
  for (const text of texts) after = await parts.append(stream, { attempt: 1, after, text })
  return { ...stream, after }
}

async function read(stream: StreamKey, after = 0, by = parts): Promise<AsyncIterator<StreamItem>> {
  return (await by.streams.read(stream, after, new AbortController().signal))[Symbol.asyncIterator]()
}

/** The first item: everything after a position, at this moment. */
async function present(stream: StreamKey, after = 0): Promise<StreamItem> {
  const items = await read(stream, after)
  const { value } = await items.next()
  await items.return?.()
  return value
}

describe('a reader', () => {
  test('gets what was written, then each chunk, then the outcome, on another process', async () => {
    await using other = open()
    const stream = await written('one ', 'two ')
    const items = await read(stream, 0, other)
    expect(await items.next()).toMatchObject({
      value: { text: 'one two ', sequence: 8, isReset: false, outcome: null },
    })
    const after = await parts.append(stream, { attempt: 1, after: stream.after, text: 'three' })
    expect(await items.next()).toMatchObject({ value: { text: 'three', sequence: after, outcome: null } })
    await end(stream, 1)
    expect(await items.next()).toMatchObject({ value: { text: '', sequence: after, outcome: 'COMPLETED' } })
    expect(await items.next()).toEqual({ done: true, value: undefined })
  })

  test('gets one item for the chunks that were written while it did not ask', async () => {
    const stream = await written()
    const items = await read(stream)
    await items.next()
    let { after } = stream
    for (const text of ['a', 'b', 'c']) after = await parts.append(stream, { attempt: 1, after, text })
    expect(await items.next()).toMatchObject({ value: { text: 'abc', sequence: 3 } })
    await items.return?.()
  })

  test('resumes after any sequence number, before and after the chunks are deleted', async () => {
    const stream = await written('héllo ', '한글 ', '🙂')
    const whole = 'héllo 한글 🙂'
    for (const isEnded of [false, true]) {
      if (isEnded) await end(stream, 1)
      for (let after = 0; after <= whole.length; after += 1) {
        expect(await present(stream, after)).toMatchObject({ text: whole.slice(after), isReset: false })
      }
    }
    expect(await parts.db.prisma.streamChunk.count({ where: { streamId: stream.id } })).toBe(0)
  })

  test.each([-1, 1_000])('with a position that the stream does not have, %s, gets the whole text', async (after) => {
    const stream = await written('text')
    expect(await present(stream, after)).toMatchObject({ text: 'text', sequence: 4, isReset: true })
  })

  test('gets a text exactly whose chunks end within a character, or hold NUL', async () => {
    const [high = '', low = ''] = '🙂'
    const stream = await written('a\0', high, `${low}z`)
    expect((await present(stream)).text).toBe('a\0🙂z')
    await end(stream, 1)
    expect((await present(stream)).text).toBe('a\0🙂z')
  })

  test('of another person’s or of no stream gets NOT_FOUND', async () => {
    const { id } = await written('text')
    const other = await createdStream(parts)
    await expect(read({ userId: other.userId, id })).rejects.toThrow(NotFound)
    await expect(read({ ...other, id: other.userId })).rejects.toThrow(NotFound)
  })

  test('ends without an outcome when its signal aborts or the stream is deleted', async () => {
    const stream = await written('text')
    const leaving = new AbortController()
    const left = (await parts.streams.read(stream, 0, leaving.signal))[Symbol.asyncIterator]()
    const stays = await read(stream)
    for (const items of [left, stays]) await items.next()
    leaving.abort()
    expect((await left.next()).done).toBe(true)
    await parts.db.transaction((tx) => parts.streams.remove(tx, stream.userId, [stream.id]))
    expect((await stays.next()).done).toBe(true)
  })

  test('gets what no notification told, from one statement a second for all readers', async () => {
    await using silent = open({ isSilent: true })
    await using reading = open()
    const statements: string[] = []
    reading.db.onStatement(({ query }) => statements.push(query))
    const streams = await Promise.all(Array.from({ length: 20 }, () => written()))
    const readers = await Promise.all(streams.map((stream) => read(stream, 0, reading)))
    for (const items of readers) await items.next()
    const next = readers.map((items) => items.next())
    statements.length = 0
    const began = performance.now()
    await Promise.all(streams.map((stream) => silent.append(stream, { attempt: 1, after: 0, text: 'unheard' })))
    for (const item of await Promise.all(next)) expect(item).toMatchObject({ value: { text: 'unheard' } })
    const polls = statements.filter((query) => query.includes('unnest'))
    expect(polls.length).toBeGreaterThan(0)
    expect(polls.length).toBeLessThanOrEqual(Math.ceil((performance.now() - began) / 1_000))
    for (const items of readers) await items.return?.()
  })
})

describe('a writer', () => {
  test('that repeats an append, not knowing of its commit, appends once', async () => {
    const stream = await written('one')
    const chunk = { attempt: 1, after: stream.after, text: ' two' }
    expect(await parts.append(stream, chunk)).toBe(7)
    expect(await parts.append(stream, chunk)).toBe(7)
    expect((await present(stream)).text).toBe('one two')
  })

  test('that was replaced by a newer attempt appends and ends nothing', async () => {
    const stream = await written('old')
    await begin(stream)
    await expect(parts.append(stream, { attempt: 1, after: 3, text: 'late' })).rejects.toEqual(closed('replaced'))
    await expect(end(stream, 1)).rejects.toEqual(closed('replaced'))
    expect(await present(stream, 3)).toMatchObject({ text: '', isReset: true, outcome: null })
  })

  test('that is paused in its transaction is waited for, and its chunk is discarded with its attempt', async () => {
    const stream = await written('old ')
    const { promise: mayCommit, resolve: commit } = Promise.withResolvers<void>()
    const { promise: hasAppended, resolve: appended } = Promise.withResolvers<void>()
    const paused = parts.db.transaction(async (tx) => {
      await parts.streams.append(tx, stream, { attempt: 1, after: 4, text: 'paused' })
      appended()
      await mayCommit
    })
    await hasAppended
    const newer = begin(stream)
    commit()
    await paused
    const { sequence: after } = await newer
    expect(after).toBe('old paused'.length + 1)
    await parts.append(stream, { attempt: 2, after, text: 'new' })
    expect((await present(stream)).text).toBe('new')
  })

  test('appends nothing after the end, and ends once', async () => {
    const stream = await written('text')
    expect(await end(stream, 1)).toBe(true)
    await expect(parts.append(stream, { attempt: 1, after: 4, text: '!' })).rejects.toEqual(closed('ended'))
    await expect(begin(stream)).rejects.toEqual(closed('ended'))
    expect(await end(stream, 1)).toBe(false)
    expect(await present(stream)).toMatchObject({ text: 'text', outcome: 'COMPLETED' })
  })

  test('is stopped by a user who ends the stream while another process writes it', async () => {
    const stream = await written('half')
    await parts.db.transaction((tx) => parts.streams.end(tx, stream, { outcome: 'STOPPED', now }))
    await expect(parts.append(stream, { attempt: 1, after: 4, text: '!' })).rejects.toEqual(closed('ended'))
    expect(await present(stream)).toMatchObject({ text: 'half', outcome: 'STOPPED' })
  })

  test('of a deleted stream is closed', async () => {
    const stream = await written('text')
    await parts.db.transaction((tx) => parts.streams.remove(tx, stream.userId, [stream.id]))
    await expect(parts.append(stream, { attempt: 1, after: 4, text: '!' })).rejects.toEqual(closed('removed'))
    await expect(begin(stream)).rejects.toEqual(closed('removed'))
    await expect(end(stream, 1)).rejects.toEqual(closed('removed'))
    expect(await end(stream)).toBe(false)
  })

  test('that appends after another position than the last is told so', async () => {
    const stream = await written('text')
    await expect(parts.append(stream, { attempt: 1, after: 2, text: '!' })).rejects.toThrow('its text ends at 4')
  })

  test('is bounded in the bytes of a chunk and of a stream', async () => {
    const stream = await written()
    const chunk = '한'.repeat(mostChunkBytes / 4)
    await expect(parts.append(stream, { attempt: 1, after: 0, text: `${chunk}${chunk}` })).rejects.toThrow(
      '24576 bytes was appended',
    )
    await parts.db.prisma.stream.updateMany({ where: { id: stream.id }, data: { byteSize: mostStreamBytes - 5 } })
    expect(await parts.append(stream, { attempt: 1, after: 0, text: '12345' })).toBe(5)
    await expect(parts.append(stream, { attempt: 1, after: 5, text: '6' })).rejects.toEqual(closed('full'))
    // The next attempt has all of it again.
    const { attempt, sequence } = await begin(stream)
    expect(await parts.append(stream, { attempt, after: sequence, text: 'fits' })).toBe(10)
  })

  test('leaves no text in the database that can be read without the key', async () => {
    const stream = await written('a secret that nobody else may read')
    const dump = async () =>
      JSON.stringify(
        await parts.db.prisma.$queryRaw`
      SELECT encode(text, 'escape') AS text FROM stream_chunks WHERE stream_id = ${stream.id}::uuid
      UNION SELECT encode(text, 'escape') FROM streams WHERE id = ${stream.id}::uuid AND text IS NOT NULL`,
      )
    expect(await dump()).toMatch(/text/)
    expect(await dump()).not.toContain('secret')
    await end(stream, 1)
    expect(await dump()).toMatch(/text/)
    expect(await dump()).not.toContain('secret')
  })
})

describe('a new attempt', () => {
  test('starts the text again, and readers are told to discard what they have', async () => {
    const stream = await written('first try')
    const items = await read(stream)
    await items.next()
    const { sequence: after } = await begin(stream)
    expect(await items.next()).toMatchObject({ value: { text: '', isReset: true, sequence: after, outcome: null } })
    await parts.append(stream, { attempt: 2, after, text: 'second try' })
    expect(await items.next()).toMatchObject({ value: { text: 'second try', isReset: false } })
    await items.return?.()
    for (const old of [0, 5, 9]) expect(await present(stream, old)).toMatchObject({ text: 'second try', isReset: true })
    expect(await present(stream, after + 7)).toMatchObject({ text: 'try', isReset: false })
  })

  test('reopens an ended stream where the caller asks for it', async () => {
    const stream = await written('failed')
    await end(stream, 1)
    const { sequence: after } = await begin(stream, true)
    await parts.append(stream, { attempt: 2, after, text: 'better' })
    expect(await present(stream, 6)).toMatchObject({ text: 'better', isReset: true, outcome: null })
    await end(stream, 2)
    expect(await present(stream, after)).toMatchObject({ text: 'better', isReset: false, outcome: 'COMPLETED' })
  })
})

describe('pruning', () => {
  const prune = async (at: Date) => {
    const [worker] = streamsWorker({ ...parts, clock: () => at })
    await worker?.run({}, testRun())
  }
  const hours = (count: number) => new Date(now.getTime() + count * 3_600_000)

  test('ends what was left open for a day, keeps its text for a week, then deletes it', async () => {
    const stream = await written('left ', 'open')
    const received = new Received()
    const items = await read(stream)
    received.add((await items.next()).value)
    await prune(hours(23))
    expect((await present(stream)).outcome).toBeNull()
    await Promise.all([prune(hours(25)), prune(hours(25))])
    received.add((await items.next()).value)
    expect(received).toMatchObject({ text: 'left open', outcome: 'ABANDONED' })
    await prune(hours(25 + 7 * 24 - 1))
    expect(await present(stream, 5)).toMatchObject({ text: 'open', outcome: 'ABANDONED' })
    await prune(hours(25 + 7 * 24 + 1))
    await expect(read(stream)).rejects.toThrow(NotFound)
  })
})
