import type { z } from 'zod'
import type { Tx } from '../database/db.ts'
import { withCause } from './job-cause.ts'

/** A kind of background work: its name in the queue and the shape of its payload. */
export interface JobType<Payload> {
  readonly name: string
  readonly payload: z.ZodType<Payload>
}

export function defineJob<Payload>(name: string, payload: z.ZodType<Payload>): JobType<Payload> {
  return { name, payload }
}

export interface EnqueueOptions {
  /** A job of this key that has not begun is replaced instead of joined by another. */
  readonly key?: string
  /** Not before this instant; at once when left out. */
  readonly runAt?: Date
}

/** With the queue's own delays, the last attempt comes after some hours. */
export const maxAttempts = 12

/** Adds a job to the transaction of its cause: committed together or not at all. */
export async function enqueue<Payload>(
  tx: Tx,
  job: JobType<Payload>,
  payload: Payload,
  { key, runAt }: EnqueueOptions = {},
): Promise<void> {
  await tx.$executeRaw`
    SELECT graphile_worker.add_job(
      ${job.name}, ${JSON.stringify(withCause(payload, runAt))}::json,
      run_at => ${runAt ?? null}::timestamptz,
      job_key => ${key === undefined ? null : `${job.name}:${key}`}::text,
      max_attempts => ${maxAttempts}::int)`
}

/** The same for many jobs of a kind, in one statement and due at once; no key may come twice. */
export async function enqueueMany<Payload>(
  tx: Tx,
  job: JobType<Payload>,
  items: readonly { readonly payload: Payload; readonly key: string }[],
): Promise<void> {
  if (items.length === 0) return
  const payloads = items.map(({ payload }) => JSON.stringify(withCause(payload)))
  const keys = items.map(({ key }) => `${job.name}:${key}`)
  await tx.$executeRaw`
    SELECT graphile_worker.add_jobs(ARRAY(
      SELECT (${job.name}, payload::json, NULL, NULL, ${maxAttempts}::int, key, NULL, NULL)::graphile_worker.job_spec
      FROM unnest(${payloads}::text[], ${keys}::text[]) AS item (payload, key)))`
}

/** What a running job knows of itself. */
export interface JobRun {
  /** Whether it will not be tried again when it fails now. */
  readonly isLastAttempt: boolean
}

/** A job type with what does it. Runs at least once, perhaps twice at once: its effect must not double. */
export interface JobHandler {
  readonly name: string
  run(payload: unknown, run: JobRun): Promise<void>
}

export function handle<Payload>(
  job: JobType<Payload>,
  work: (payload: Payload, run: JobRun) => Promise<void>,
): JobHandler {
  return { name: job.name, run: async (payload, run) => work(job.payload.parse(payload), run) }
}

/** A handler that also runs by the clock. */
export interface CronEntry {
  readonly job: JobType<Record<string, never>>
  /** Crontab syntax, UTC: minute, hour, day, month, weekday. */
  readonly schedule: string
}
