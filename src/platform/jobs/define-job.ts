import type { z } from 'zod'
import { addJob, addJobs } from '../compat/graphile-worker/add-jobs.ts'
import type { Tx } from '../database/db.ts'
import { withCause } from './job-cause.ts'
import { endAfterAbort, type JobRun } from './job-run.ts'
import { type JobPriority, type Lane, storedPriorityOf, takesTurnsIn } from './lanes.ts'

/** How long a job waits after its attempt (from 1) has failed, in milliseconds. */
export type Backoff = (attempt: number) => number

/** e^attempt seconds, six hours at most: 12 attempts take about 16 hours. */
export const exponentialBackoff: Backoff = (attempt) => 1_000 * Math.exp(Math.min(attempt, 10))

const defaults = {
  lane: 'default',
  priority: 'interactive',
  timeoutMs: 10 * 60_000,
  maxAttempts: 12,
  backoff: exponentialBackoff,
} as const

export interface JobDefinition<Payload> {
  /** How the queue knows it: `domain.verb`. */
  readonly name: string
  /** Payloads carry ids, not data. */
  readonly payload: z.ZodType<Payload>
  /**
   * The jobs that it shares slots with. Default: `default`, for work of some seconds; longer work goes into another lane. In
   * `files` users take turns: the `userId` of the payload is who the work is for.
   */
  readonly lane?: Lane
  /** Its place among the jobs of its lane. Default: `interactive`, for work that a person waits for. */
  readonly priority?: JobPriority
  /** The signal of an attempt is aborted after this time. Default: ten minutes. */
  readonly timeoutMs?: number
  /** How often it is tried. Default: 12. */
  readonly maxAttempts?: number
  /** Default: exponentialBackoff. */
  readonly backoff?: Backoff
}

/** A kind of background work, as defineJob returns it. */
export type JobType<Payload> = Required<JobDefinition<Payload>>

export function defineJob<Payload>(definition: JobDefinition<Payload>): JobType<Payload> {
  return { ...defaults, ...definition }
}

export interface EnqueueOptions {
  /** A waiting job with this key is replaced; one that runs is not, and the new one waits beside it. */
  readonly key?: string
  /** Not before this instant; at once when left out. */
  readonly runAt?: Date
}

/** Adds a job in the transaction of its cause: both are committed, or neither. */
export async function enqueue<Payload>(
  tx: Tx,
  job: JobType<Payload>,
  payload: Payload,
  { key, runAt }: EnqueueOptions = {},
): Promise<void> {
  const { name, maxAttempts } = job
  const stored = storedForm(job, payload, runAt)
  await addJob(tx, { ...stored, name, key: key === undefined ? null : `${name}:${key}`, maxAttempts })
}

/** A job of many. It is due at once, unless it says when. */
export interface JobOfMany<Payload> {
  readonly payload: Payload
  readonly key: string
  readonly runAt?: Date
}

/** Adds many jobs of one kind in one statement. No key may occur twice. */
export async function enqueueMany<Payload>(
  tx: Tx,
  job: JobType<Payload>,
  items: readonly JobOfMany<Payload>[],
): Promise<void> {
  if (items.length === 0) return
  const { name, maxAttempts } = job
  const jobs = items.map(({ payload, key, runAt }) => ({ ...storedForm(job, payload, runAt), key: `${name}:${key}` }))
  await addJobs(tx, { name, maxAttempts }, jobs)
}

function storedForm<Payload>({ lane, priority }: JobType<Payload>, payload: Payload, runAt: Date | undefined) {
  const takesTurns = takesTurnsIn(lane) && typeof Object(payload).userId === 'string'
  return {
    payload: JSON.stringify(withCause(payload, runAt)),
    runAt: runAt ?? null,
    priority: storedPriorityOf(lane, priority, takesTurns),
  }
}

/** A kind of job with the function that does it. It runs at least once, perhaps twice at once: its effect is idempotent. */
export interface JobHandler {
  readonly name: string
  readonly timeoutMs?: number
  readonly backoff?: Backoff
  run(payload: unknown, run: JobRun): Promise<void>
}

/** Pairs a kind of job with its work, which gets the parsed payload. */
export function handle<Payload>(
  { name, payload: schema, timeoutMs, backoff }: JobType<Payload>,
  work: (payload: Payload, run: JobRun) => Promise<void>,
): JobHandler {
  return {
    name,
    timeoutMs,
    backoff,
    run: async (payload, run) => endAfterAbort(run.signal, work(schema.parse(payload), run)),
  }
}

/** A job that also runs by the clock. */
export interface CronEntry {
  readonly job: JobType<Record<string, never>>
  /** Crontab syntax, UTC: minute, hour, day, month, weekday. */
  readonly schedule: string
}
