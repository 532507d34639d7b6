import { setTimeout as sleep } from 'node:timers/promises'
import type { Pool } from 'pg'
import type { JobLock } from '../compat/graphile-worker/job-lock.ts'
import { completeJob, failCancelledJob, failJob, returnJob } from '../compat/graphile-worker/job-outcomes.ts'
import type { TakenJob } from '../compat/graphile-worker/take-jobs.ts'
import { storable } from '../database/storable.ts'
import type { Log } from '../observability/log.ts'
import { exponentialBackoff, type JobHandler } from './define-job.ts'
import { inJobSpan } from './job-cause.ts'
import { abortReasonOf, createJobRun, JobAborted } from './job-run.ts'

/** One attempt of a job in this process. */
export interface Attempt {
  readonly job: TakenJob
  readonly abort: AbortController
  /** Resolves once the handler has ended and the outcome is stored, or can no longer be. Never rejects. */
  readonly ended: Promise<void>
}

export interface AttemptOptions {
  readonly pool: Pool
  readonly worker: string
  readonly log: Log
  /** Aborted when the worker has ended: an outcome that is not stored by then is not stored any more. */
  readonly closed: AbortSignal
}

const defaultTimeoutMs = 10 * 60_000
/** Of an error that is stored in the queue. */
const longestError = 10_000
const firstPauseMs = 250
const longestPauseMs = 5_000

/** Runs the handler, then stores the outcome: until Postgres answers, or the lock is lost, or the worker has ended. */
export function beginAttempt(job: TakenJob, handler: JobHandler, options: AttemptOptions): Attempt {
  const abort = new AbortController()
  const outcome = runHandler(job, handler, abort, options)
  return { job, abort, ended: outcome.then((store) => storeOutcome(job, store, options)) }
}

/** How the outcome is stored. False: the lock is lost. */
type StoreOutcome = (pool: Pool, lock: JobLock) => Promise<boolean>

async function runHandler(
  job: TakenJob,
  handler: JobHandler,
  abort: AbortController,
  { pool, worker, log }: AttemptOptions,
): Promise<StoreOutcome> {
  const { attempt, maxAttempts, steps } = job
  const began = performance.now()
  const run = createJobRun({ pool, lock: lockOf(job, worker), attempt, maxAttempts, steps, abort, log })
  const timer = setTimeout(() => abort.abort(new JobAborted('timeout')), handler.timeoutMs ?? defaultTimeoutMs)
  try {
    if (job.isCancelled) abort.abort(new JobAborted('cancelled'))
    abort.signal.throwIfAborted()
    await inJobSpan(job, withoutCron(job.payload), (payload) => handler.run(payload, run))
    log.info({ ...about(job), durationMs: Math.round(performance.now() - began) }, 'job done')
    return completeJob
  } catch (error) {
    switch (abortReasonOf(abort.signal)) {
      case 'shutdown':
        log.info(about(job), 'job returned to the queue: the worker is stopping')
        return (queue, lock) => returnJob(queue, lock, attempt)
      case 'cancelled':
        log.info(about(job), 'job cancelled')
        return failCancelledJob
      case 'lost':
        return async () => false
      default: {
        log.error({ ...about(job), err: error }, 'job failed')
        const retryMs = (handler.backoff ?? exponentialBackoff)(attempt)
        return (queue, lock) => failJob(queue, lock, { error: messageOf(error), retryMs })
      }
    }
  } finally {
    clearTimeout(timer)
    run.close()
  }
}

async function storeOutcome(
  job: TakenJob,
  store: StoreOutcome,
  { pool, worker, log, closed }: AttemptOptions,
): Promise<void> {
  for (let pauseMs = firstPauseMs; !closed.aborted; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
    try {
      const isStored = await store(pool, lockOf(job, worker))
      if (!isStored) log.warn(about(job), 'another worker has the job: the outcome of this attempt is not stored')
      return
    } catch (error) {
      log.warn({ ...about(job), err: error }, 'the outcome of a job could not be stored; trying again')
      await sleep(pauseMs, undefined, { signal: closed }).catch(() => undefined)
    }
  }
}

const lockOf = ({ id, revision }: TakenJob, worker: string): JobLock => ({ id, revision, worker })

const about = ({ name, id, attempt }: TakenJob) => ({ job: name, jobId: id, attempt })

function messageOf(error: unknown): string {
  const message = storable(error instanceof Error ? error.message : String(error))
  return message?.slice(0, longestError) ?? 'The job failed without a message.'
}

/** Jobs that a worker of an older version added by the crontab carry the library's own `_cron`. */
function withoutCron(payload: unknown): unknown {
  if (typeof payload !== 'object' || payload === null || !('_cron' in payload)) return payload
  const { _cron, ...rest } = payload
  return rest
}
