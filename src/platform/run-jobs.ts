import { type Job, Logger, parseCronItems, run } from 'graphile-worker'
import { Pool } from 'pg'
import type { CronEntry, JobHandler } from './jobs.ts'
import type { Log } from './log.ts'
import { keepHeartbeat } from './worker-heartbeat.ts'

/** Jobs that are not finished by then are given back when the process stops. */
const finishMs = 5_000

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

  const runner = await run({
    pgPool: pool,
    concurrency: options.concurrency,
    noHandleSignals: true,
    pollInterval: 1_000,
    gracefulShutdownAbortTimeout: finishMs,
    logger: queueLogger(log),
    events: heartbeat.events,
    taskList: Object.fromEntries(handlers.map((handler) => [handler.name, task(handler, log)])),
    parsedCronItems: parseCronItems(
      options.cron.map(({ job, schedule }) => ({ task: job.name, match: schedule, options: { backfillPeriod: 0 } })),
    ),
  })

  return {
    ended: runner.promise,
    async [Symbol.asyncDispose]() {
      const stopped = runner.stop()
      const timer = setTimeout(() => void runner.kill('jobs took too long to finish').catch(() => undefined), finishMs)
      await stopped.catch(() => undefined)
      clearTimeout(timer)
      await heartbeat[Symbol.asyncDispose]()
      await pool.end()
    },
  }
}

function task(handler: JobHandler, log: Log) {
  return async (payload: unknown, { job }: { job: Job }): Promise<void> => {
    const started = performance.now()
    const about = { job: handler.name, jobId: job.id, attempt: job.attempts }
    try {
      await handler.run(withoutCron(payload), { isLastAttempt: job.attempts >= job.max_attempts })
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
