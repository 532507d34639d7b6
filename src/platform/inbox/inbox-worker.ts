import { z } from 'zod'
import { type InboxEvent as InboxRow, Prisma } from '../../generated/prisma/client.ts'
import type { Clock } from '../clock.ts'
import type { Database, Tx } from '../database/db.ts'
import { deleteInBatches } from '../database/delete-in-batches.ts'
import { type CronEntry, defineJob, enqueue, enqueueMany, handle, type JobHandler } from '../queue/jobs.ts'
import type { Sealer } from '../sealing/sealing.ts'
import type { Log } from '../watching/log.ts'
import { maskText } from '../watching/mask-text.ts'
import type { Metrics } from '../watching/metrics.ts'
import { bodyPlace, type InboxSource, processEvent } from './inbox.ts'
import { type CountEvent, eventCounter } from './inbox-metrics.ts'

export interface InboxWorkerOptions {
  readonly db: Database
  readonly sealer: Sealer
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Metrics
  readonly sources: readonly InboxSource[]
  readonly retentionDays: number
}

/** With the delays below an event is DEAD after 10 to 20 hours, 15 in the mean. */
export const maxAttempts = 10
const firstDelayMs = 5_000
const longestDelayMs = 6 * 3_600_000
const batchSize = 1_000
/** An event that waits longer than that past its time has lost its job. */
const lostAfterMs = 10 * 60_000
const longestError = 2_000

const resume = defineJob('inbox.resume', z.object({}))
const prune = defineJob('inbox.prune', z.object({}))

/** Works on events, looks after those whose job was lost, and forgets old ones. */
export function inboxWorker(options: InboxWorkerOptions): JobHandler[] {
  const countEvent = eventCounter(options.metrics, options.sources)
  return [
    handle(processEvent, ({ id }) => attempt(options, countEvent, id)),
    handle(resume, () => resumeLost(options)),
    handle(prune, () => pruneProcessed(options)),
  ]
}

export const inboxCron: CronEntry[] = [
  { job: resume, schedule: '*/10 * * * *' },
  { job: prune, schedule: '20 3 * * *' },
]

/** Four times longer after each failure, between half of it and all: what failed together does not come back together. */
export function delayAfter(failures: number, random: () => number = Math.random): number {
  const longest = Math.min(firstDelayMs * 4 ** (failures - 1), longestDelayMs)
  return Math.round(longest * (0.5 + random() / 2))
}

async function attempt(options: InboxWorkerOptions, countEvent: CountEvent, id: string): Promise<void> {
  const { db, clock, log } = options
  const row = await db.prisma.inboxEvent.findUnique({ where: { id } })
  if (row?.state !== 'PENDING') return
  const { source, eventId, type } = row
  const about = { source, eventId, type, attempt: row.attempts + 1 }
  const started = performance.now()
  try {
    await db.transaction((tx) => apply(tx, options, row))
    countEvent(row, 'applied')
    log.info({ ...about, durationMs: Math.round(performance.now() - started) }, 'event processed')
  } catch (error) {
    if (error instanceof DoneElsewhere) return
    const state = await db.transaction((tx) => fail(tx, row, error, clock()))
    countEvent(row, state === 'DEAD' ? 'dead' : 'failed')
    log.error({ ...about, state, err: error }, 'event failed')
  }
}

/** The same event was finished by another worker meanwhile: what this one did is rolled back. */
class DoneElsewhere extends Error {}

/** The effect first: it locks its subject, and whoever erases a person takes the subject before its events too. */
async function apply(tx: Tx, { sources, sealer, clock }: InboxWorkerOptions, row: InboxRow): Promise<void> {
  const source = sources.find(({ name }) => name === row.source)
  if (!source) throw new Error(`Nobody works on events of "${row.source}".`)
  // Without a body the person was erased while it waited, and there is nothing left to do.
  if (row.body) await source.apply(tx, { ...row, body: sealer.open(row.body, bodyPlace) })
  const { count } = await tx.inboxEvent.updateMany({
    where: { id: row.id, state: 'PENDING' },
    data: {
      state: 'PROCESSED',
      processedAt: clock(),
      nextAttemptAt: null,
      lastError: null,
      attempts: { increment: 1 },
    },
  })
  if (count === 0) throw new DoneElsewhere()
}

async function fail(tx: Tx, { id, attempts }: InboxRow, error: unknown, now: Date): Promise<string> {
  const failures = attempts + 1
  const isDead = failures >= maxAttempts
  const nextAttemptAt = isDead ? null : new Date(now.getTime() + delayAfter(failures))
  const state = isDead ? 'DEAD' : 'PENDING'
  // Postgres takes no NUL in a text, and an error that cannot be kept would fail the event for ever.
  const text = (error instanceof Error ? error.message : String(error)).replaceAll('\0', '')
  const lastError = maskText(text).slice(0, longestError)
  const { count } = await tx.inboxEvent.updateMany({
    where: { id, state: 'PENDING', attempts },
    data: { state, nextAttemptAt, lastError, attempts: failures },
  })
  if (count === 1 && nextAttemptAt) await enqueue(tx, processEvent, { id }, { key: id, runAt: nextAttemptAt })
  return state
}

/** A job that was killed in each of its own attempts is gone; its event is not. */
async function resumeLost({ db, clock }: InboxWorkerOptions): Promise<void> {
  const before = new Date(clock().getTime() - lostAfterMs)
  const lost = await db.prisma.inboxEvent.findMany({
    where: { state: 'PENDING', nextAttemptAt: { lt: before } },
    select: { id: true },
    orderBy: [{ receivedAt: 'asc' }, { id: 'asc' }],
    take: batchSize,
  })
  const jobs = lost.map(({ id }) => ({ payload: { id }, key: id }))
  await db.transaction((tx) => enqueueMany(tx, processEvent, jobs))
}

async function pruneProcessed({ db, clock, retentionDays }: InboxWorkerOptions): Promise<void> {
  const before = new Date(clock().getTime() - retentionDays * 86_400_000)
  const where = Prisma.sql`state = 'PROCESSED' AND received_at < ${before}`
  // A body has up to 1 MiB, which lies in hundreds of rows of its own.
  await deleteInBatches(db, { from: 'inbox_events', where, orderBy: 'received_at', size: batchSize })
}
