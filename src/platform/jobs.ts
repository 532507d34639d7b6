import type { z } from 'zod'
import type { Tx } from './db.ts'

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

/** Adds a job to the transaction of its cause: committed together or not at all. */
export async function enqueue<Payload>(
  tx: Tx,
  job: JobType<Payload>,
  payload: Payload,
  { key, runAt }: EnqueueOptions = {},
): Promise<void> {
  await tx.$executeRaw`
    SELECT graphile_worker.add_job(
      ${job.name}, ${JSON.stringify(payload)}::json,
      run_at => ${runAt ?? null}::timestamptz,
      job_key => ${key === undefined ? null : `${job.name}:${key}`}::text,
      max_attempts => 12)`
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
