import { once } from 'node:events'
import { setTimeout } from 'node:timers/promises'
import { type Job, Logger, parseCronItems, type Runner, run } from 'graphile-worker'
import { Pool } from 'pg'
import { isDatabaseAway } from '../database/database-away.ts'
import type { Log } from '../watching/log.ts'
import { inJobSpan } from './job-cause.ts'
import type { CronEntry, JobHandler } from './jobs.ts'
import { keepHeartbeat } from './worker-heartbeat.ts'

/** Jobs that are not finished by then are given back when the process stops. */
const finishMs = 5_000
const againMs = 500

export interface RunJobsOptions {
  /** Without a pooler: the queue listens. */
  readonly directUrl: string
  readonly handlers: readonly JobHandler[]
  readonly cron: readonly CronEntry[]
  readonly concurrency: number
  readonly log: Log
  readonly heartbeat?: { readonly beatMs: number; readonly silentMs: number }
}

export interface RunningJobs extends AsyncDisposable {
  /** Rejects when the runner cannot go on. */
  readonly ended: Promise<void>
}

/**
 * Runs jobs until disposed of; then those at work are finished, or given back after five seconds. Handlers run at least
 * once: a job whose worker died is taken over by another (see worker-heartbeat.ts).
 */
export async function runJobs(options: RunJobsOptions): Promise<RunningJobs> {
  const { log, handlers } = options
  const pool = new Pool({ connectionString: options.directUrl, max: options.concurrency + 3, keepAlive: true })
  const onBroken = (error: Error) => log.warn({ err: error }, 'a queue connection broke')
  pool.on('error', onBroken)
  // A connection in use that breaks (Postgres restarts) would end the process without a listener of its own.
  pool.on('connect', (client) => client.on('error', onBroken))
  const heartbeat = await keepHeartbeat({ pool, log, ...options.heartbeat })

  const begin = () => {
    heartbeat.forget()
    return run({
      pgPool: pool,
      concurrency: options.concurrency,
      noHandleSignals: true,
      pollInterval: 1_000,
      gracefulShutdownAbortTimeout: finishMs,
      logger: queueLogger(log),
      events: heartbeat.events,
      // Only of batches it minds whether noting what became of a job failed: else nobody hears, and the job stays taken.
      preset: { worker: { completeJobBatchDelay: 0, failJobBatchDelay: 0 } },
      taskList: Object.fromEntries(handlers.map((handler) => [handler.name, task(handler, log)])),
      parsedCronItems: parseCronItems(
        options.cron.map(({ job, schedule }) => ({ task: job.name, match: schedule, options: { backfillPeriod: 0 } })),
      ),
    })
  }
  const stopping = new AbortController()
  const running = keepRunning(begin, await begin(), { log, signal: stopping.signal })

  return {
    ended: running.ended,
    async [Symbol.asyncDispose]() {
      stopping.abort()
      const runner = running.current()
      const stopped = runner.stop()
      const timer = globalThis.setTimeout(
        () => void runner.kill('jobs took too long to finish').catch(() => undefined),
        finishMs,
      )
      await stopped.catch(() => undefined)
      await running.ended.catch(() => undefined)
      clearTimeout(timer)
      await heartbeat[Symbol.asyncDispose]()
      await pool.end()
    },
  }
}

/**
 * A runner ends, without a word, when it cannot note what became of a job: Postgres is away. Another one begins as soon
 * as it is back; what the old one held is given to others as a dead worker's jobs are.
 */
function keepRunning(
  begin: () => Promise<Runner>,
  first: Runner,
  { log, signal }: { readonly log: Log; readonly signal: AbortSignal },
): { readonly ended: Promise<void>; current(): Runner } {
  let runner = first
  const pause = () => setTimeout(againMs, undefined, { signal }).catch(() => undefined)
  const keep = async (): Promise<void> => {
    let isRunning = true
    for (;;) {
      // A runner that lost its database says that it stops, and its promise may hang.
      if (isRunning) await Promise.race([runner.promise, once(runner.events, 'stop')])
      if (signal.aborted) return
      if (isRunning) log.warn('the queue ended by itself; it begins again')
      await pause()
      const next = await begin().catch((error: unknown) => {
        if (!isDatabaseAway(error)) throw error
      })
      isRunning = next !== undefined
      if (next) runner = next
      // It began while the end was asked for.
      if (next && signal.aborted) await next.stop()
    }
  }
  return { ended: keep(), current: () => runner }
}

function task(handler: JobHandler, log: Log) {
  return async (payload: unknown, { job }: { job: Job }): Promise<void> => {
    const started = performance.now()
    const about = { job: handler.name, jobId: job.id, attempt: job.attempts }
    try {
      const attempt = { name: handler.name, id: job.id, attempt: job.attempts }
      const isLastAttempt = job.attempts >= job.max_attempts
      await inJobSpan(attempt, withoutCron(payload), (given) => handler.run(given, { isLastAttempt }))
      log.info({ ...about, durationMs: Math.round(performance.now() - started) }, 'job done')
    } catch (error) {
      log.error({ ...about, err: error }, 'job failed')
      throw error
    }
  }
}

/** Jobs of the crontab carry the queue's own `_cron`; ours have no payload. */
function withoutCron(payload: unknown): unknown {
  if (typeof payload !== 'object' || payload === null || !('_cron' in payload)) return payload
  const { _cron, ...rest } = payload
  return rest
}

/** The queue's own words go to our log: what is routine there is debug here, and failed jobs are logged above. */
function queueLogger(log: Log): Logger {
  return new Logger(() => (level, message) => {
    if (level === 'error') log.warn({ queue: true }, message)
    else log.debug({ queue: true }, message)
  })
}
