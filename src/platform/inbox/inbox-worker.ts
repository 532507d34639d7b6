import { z } from 'zod'
import { type InboxEvent as InboxRow, Prisma } from '../../generated/prisma/client.ts'
import type { Clock } from '../clock.ts'
import type { Database, Tx } from '../database/db.ts'
import { deleteInBatches } from '../database/delete-in-batches.ts'
import type { Encryptor } from '../encryption/encryptor.ts'
import { type CronEntry, defineJob, enqueue, handle, type JobHandler } from '../jobs/define-job.ts'
import { enqueueInBatches } from '../jobs/enqueue-in-batches.ts'
import { hasDueJob } from '../jobs/jobs-by-key.ts'
import type { Log } from '../observability/log.ts'
import { maskText } from '../observability/mask-text.ts'
import type { Metrics } from '../observability/metrics.ts'
import { type Backoff, delayOf } from '../retry.ts'
import { bodyPlace, type InboxSource, processEvent } from './inbox.ts'
import { type CountEvent, eventCounter } from './inbox-metrics.ts'

export interface InboxWorkerOptions {
  readonly db: Database
  readonly encryptor: Encryptor
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Metrics
  readonly sources: readonly InboxSource[]
  readonly retentionDays: number
}

/** With the delays below an event is DEAD after 10 to 20 hours, 15 on average. */
export const maxAttempts = 10
/** Jitter, so that events that failed together are not retried together. */
const backoff: Backoff = { firstDelayMs: 5_000, factor: 4, maxDelayMs: 6 * 3_600_000, jitter: 0.5 }
const batchSize = 1_000
/** An event that is overdue by more than this has lost its job. */
const lostAfterMs = 10 * 60_000
const maxErrorLength = 2_000

const resume = defineJob({ name: 'inbox.resume', payload: z.object({}), priority: 'sweep' })
const prune = defineJob({ name: 'inbox.prune', payload: z.object({}), priority: 'maintenance' })

/** The jobs that process events, enqueue lost jobs again, and delete old events. */
export function inboxWorker(options: InboxWorkerOptions): JobHandler[] {
  const countEvent = eventCounter(options.metrics, options.sources)
  return [
    handle(processEvent, ({ id }) => attempt(options, countEvent, id)),
    handle(resume, (_payload, { signal }) => resumeLost(options, signal)),
    handle(prune, () => pruneProcessed(options)),
  ]
}

export const inboxCron: CronEntry[] = [
  { job: resume, schedule: '*/10 * * * *' },
  { job: prune, schedule: '20 3 * * *' },
]

/**
 * The delay after that many failures of an event.
 */
export function delayAfter(failures: number, random?: () => number): number {
  return delayOf(backoff, failures, random)
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

/** Another worker finished the same event meanwhile: this attempt is rolled back. */
class DoneElsewhere extends Error {}

/**
 * The effect comes first: it locks its subject. Erasing a person takes the same order, the subject before its events,
 * so the two cannot deadlock.
 */
async function apply(tx: Tx, { sources, encryptor, clock }: InboxWorkerOptions, row: InboxRow): Promise<void> {
  const source = sources.find(({ name }) => name === row.source)
  if (!source) throw new Error(`No configured source handles events of "${row.source}".`)
  // Without a body the person was erased meanwhile, and there is nothing to apply.
  if (row.body) await source.apply(tx, { ...row, body: encryptor.decrypt(row.body, bodyPlace) })
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
  // Postgres text cannot hold NUL; an error that cannot be stored would make the event fail for ever.
  const text = (error instanceof Error ? error.message : String(error)).replaceAll('\0', '')
  const lastError = maskText(text).slice(0, maxErrorLength)
  const { count } = await tx.inboxEvent.updateMany({
    where: { id, state: 'PENDING', attempts },
    data: { state, nextAttemptAt, lastError, attempts: failures },
  })
  if (count === 1 && nextAttemptAt) await enqueue(tx, processEvent, { id }, { key: id, runAt: nextAttemptAt })
  return state
}

/**
 * A job that was killed in each of its attempts is not run again; its event is still PENDING. Events that wait behind many
 * others keep their jobs, and their places.
 */
async function resumeLost({ db, clock }: InboxWorkerOptions, signal: AbortSignal): Promise<void> {
  const before = new Date(clock().getTime() - lostAfterMs)
  await enqueueInBatches(db, processEvent, {
    signal,
    find: (tx, last, size) => tx.$queryRaw`
      SELECT id, received_at AS at FROM inbox_events
      WHERE state = 'PENDING' AND next_attempt_at < ${before}
        AND ${last ? Prisma.sql`(received_at, id) > (${last.at}, ${last.id}::uuid)` : Prisma.sql`true`}
        AND NOT ${hasDueJob(processEvent, Prisma.sql`inbox_events.id`)}
      ORDER BY received_at, id LIMIT ${size}`,
    jobOf: ({ id }) => ({ payload: { id }, key: id }),
  })
}

async function pruneProcessed({ db, clock, retentionDays }: InboxWorkerOptions): Promise<void> {
  const before = new Date(clock().getTime() - retentionDays * 86_400_000)
  const where = Prisma.sql`state = 'PROCESSED' AND received_at < ${before}`
  // A body has up to 1 MiB, stored in hundreds of TOAST rows.
  await deleteInBatches(db, { from: 'inbox_events', where, orderBy: 'received_at', size: batchSize })
}
