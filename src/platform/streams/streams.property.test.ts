import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { testRun } from '../../testing/job-run.ts'
import { type ClonedDatabase, cloneDatabase, directUrlOf } from '../../testing/postgres.ts'
import { createdStream, openStreamParts, Received, type StreamParts } from '../../testing/stream-parts.ts'
import { newKey } from '../encryption/encryptor.ts'
import { NotFound } from '../errors.ts'
import type { StreamKey } from './stream.ts'
import { StreamClosed } from './stream-closed.ts'
import { streamsWorker } from './streams-pruning.ts'

let database: ClonedDatabase
let writing: StreamParts
let reading: StreamParts
beforeAll(async () => {
  database = await cloneDatabase()
  const options = { url: database.url, directUrl: directUrlOf(database.url), encryptionKey: newKey() }
  writing = openStreamParts(options)
  reading = openStreamParts(options)
})
afterAll(async () => {
  await writing[Symbol.asyncDispose]()
  await reading[Symbol.asyncDispose]()
  await database[Symbol.asyncDispose]()
})

const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 8 })
const readers = 3
const reader = fc.nat(readers - 1)

const operation = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('append' as const), text, isRepeated: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('append late' as const), text }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('begin' as const), reopen: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('end' as const), isWriter: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('prune' as const), hours: fc.constantFrom(1, 25, 200) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('read' as const), reader }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('follow' as const), reader }) },
)
type Operation = typeof operation extends fc.Arbitrary<infer Value> ? Value : never

/** Each step's operations run at once: at most one of a kind, as an attempt has one writer. */
const steps = fc.array(fc.uniqueArray(operation, { selector: ({ kind }) => kind, minLength: 1, maxLength: 3 }), {
  minLength: 3,
  maxLength: 15,
})

/** What the calls resolved to, from which follows the text at every sequence number. */
class History {
  readonly begun = new Map<number, number>()
  readonly chunks = new Map<number, { attempt: number; text: string }>()

  textAt(sequence: number): string {
    const attempts = [...this.begun].filter(([, first]) => first <= sequence)
    const attempt = Math.max(...attempts.map(([number]) => number))
    return [...this.chunks]
      .filter(([end, chunk]) => chunk.attempt === attempt && end <= sequence)
      .toSorted(([a], [b]) => a - b)
      .map(([, chunk]) => chunk.text)
      .join('')
  }
}

class Run {
  readonly history = new History()
  readonly observed: { sequence: number; text: string }[] = []
  readonly received = Array.from({ length: readers }, () => new Received())
  readonly following: Promise<void>[] = []
  attempt = 0
  after = 0
  now = new Date()
  readonly stream: StreamKey

  constructor(stream: StreamKey) {
    this.stream = stream
  }

  async step(operations: readonly Operation[]): Promise<void> {
    const { attempt, after } = this
    await Promise.all(operations.map((operation) => this.run(operation, attempt, after)))
  }

  private async run(operation: Operation, attempt: number, after: number): Promise<void> {
    const { stream } = this
    const { db, streams } = writing
    try {
      if (operation.kind === 'append') await this.append(operation.text, operation.isRepeated, { attempt, after })
      if (operation.kind === 'append late') await writing.append(stream, { ...operation, attempt: attempt - 1, after })
      if (operation.kind === 'begin') {
        const options = { now: this.now, reopen: operation.reopen }
        const begun = await db.transaction((tx) => streams.begin(tx, stream, options))
        this.attempt = begun.attempt
        this.after = begun.sequence
        this.history.begun.set(this.attempt, this.after)
      }
      if (operation.kind === 'end') {
        const end = { outcome: 'COMPLETED' as const, now: this.now, ...(operation.isWriter ? { attempt } : {}) }
        await db.transaction((tx) => streams.end(tx, stream, end))
      }
      if (operation.kind === 'prune') await this.prune(operation.hours)
      if (operation.kind === 'read') await this.read(operation.reader)
      if (operation.kind === 'follow') this.following.push(this.follow(operation.reader))
    } catch (error) {
      if (!(error instanceof StreamClosed || error instanceof NotFound)) throw error
    }
  }

  private async append(text: string, isRepeated: boolean, at: { attempt: number; after: number }): Promise<void> {
    const { attempt } = at
    const sequence = await writing.append(this.stream, { ...at, text })
    this.history.chunks.set(sequence, { attempt, text })
    if (this.attempt === attempt) this.after = sequence
    if (isRepeated) expect(await writing.append(this.stream, { ...at, text })).toBe(sequence)
  }

  private async prune(hours: number): Promise<void> {
    this.now = new Date(this.now.getTime() + hours * 3_600_000)
    const [worker] = streamsWorker({ ...writing, clock: () => this.now })
    await worker?.run({}, testRun())
  }

  /** Takes one item after what the reader has. */
  private async read(index: number): Promise<void> {
    const received = this.received[index] ?? new Received()
    for await (const item of await reading.streams.read(this.stream, received.sequence, never)) {
      this.observe(received, item)
      break
    }
  }

  /** Takes all items until the end, with what the reader had at the start. */
  private async follow(index: number): Promise<void> {
    const received = Object.assign(new Received(), this.received[index])
    try {
      for await (const item of await reading.streams.read(this.stream, received.sequence, never)) {
        this.observe(received, item)
      }
    } catch (error) {
      if (!(error instanceof NotFound)) throw error
    }
  }

  private observe(received: Received, item: Parameters<Received['add']>[0]): void {
    received.add(item)
    this.observed.push({ sequence: received.sequence, text: received.text })
  }
}

const never = new AbortController().signal

test('whatever the order of attempts, appends, ends, pruning and reads, every reader has the text exactly', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (all) => {
      const run = new Run(await createdStream(writing))
      await run.step([{ kind: 'begin', reopen: false }])
      await run.step([{ kind: 'follow', reader: 0 }])
      for (const operations of all) await run.step(operations)
      await run.step([{ kind: 'end', isWriter: false }])
      await Promise.all(run.following)
      for (const { sequence, text } of run.observed) expect(text).toBe(run.history.textAt(sequence))
    }),
    { numRuns: 40 },
  )
}, 120_000)
