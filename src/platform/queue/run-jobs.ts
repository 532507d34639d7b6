import { EventEmitter } from 'node:events'
import { type Job, Logger, parseCronItems, run, type WorkerEvents } from 'graphile-worker'
import { Pool } from 'pg'
import { ImpatientClient, keepPinging, noticesSilence } from '../database/silent-connections.ts'
import type { Log } from '../watching/log.ts'
import { within } from '../within.ts'
import { cronItem } from './cron-item.ts'
import { inJobSpan } from './job-cause.ts'
import type { CronEntry, JobHandler } from './jobs.ts'
import { type KeptRunner, keepRunning } from './keep-running.ts'
import { type Heartbeat, type HeartbeatTimes, keepHeartbeat } from './worker-heartbeat.ts'

/** Jobs that are not finished by then are given back when the process stops. */
const finishMs = 5_000
/** For giving them back, and for the last words of the connections: a silent Postgres is not waited for. */
const giveBackMs = 1_500
const closeMs = 500

export interface RunJobsOptions {
  /** Without a pooler: the queue listens. */
  readonly directUrl: string
  readonly handlers: readonly JobHandler[]
  readonly cron: readonly CronEntry[]
  readonly concurrency: number
  readonly log: Log
  readonly heartbeat?: HeartbeatTimes
  /** For each of the queue's own statements, which take milliseconds; 10 s unless told. Jobs' statements are the app's. */
  readonly answerMs?: number
}

export interface RunningJobs extends AsyncDisposable {
  /** Rejects when the runner cannot go on. */
  readonly ended: Promise<void>
}

/**
 * Runs jobs until disposed of; then those at work are finished, or given back after five seconds, and within eight all has
 * ended. Handlers run at least once: a job whose worker died is taken over by another (see worker-heartbeat.ts).
 */
export async function runJobs(options: RunJobsOptions): Promise<RunningJobs> {
  const { log, handlers, answerMs = 10_000 } = options
  let running: KeptRunner | null = null
  const pool = new Pool({
    connectionString: options.directUrl,
    max: options.concurrency + 3,
    Client: ImpatientClient,
    query_timeout: answerMs,
    // The server gives up first: then the connection is whole.
    statement_timeout: answerMs * 0.9,
    ...noticesSilence,
  })
  const onBroken = (error: Error) => log.warn({ err: error }, 'a queue connection broke')
  pool.on('error', onBroken)
  // A connection in use that breaks (Postgres restarts) would end the process without a listener of its own.
  pool.on('connect', (client) => client.on('error', onBroken))
  // The queue keeps the answer to a worker's first question for ever, also where that was an error: then only another
  // runner gets jobs.
  const onDeaf = () =>
    void running
      ?.current()
      .stop()
      .catch(() => undefined)
  const heartbeat = await keepHeartbeat({ pool, log, onDeaf, ...options.heartbeat }).catch(async (error: unknown) => {
    await pool.end()
    throw error
  })

  const begin = () => {
    // Its own: another one's end is not its.
    const events: WorkerEvents = new EventEmitter()
    heartbeat.follow(events)
    pingListeners(events)
    return run({
      pgPool: pool,
      concurrency: options.concurrency,
      noHandleSignals: true,
      pollInterval: 1_000,
      gracefulShutdownAbortTimeout: finishMs,
      logger: queueLogger(log),
      events,
      // Only of batches it minds whether noting what became of a job failed: else nobody hears, and the job stays taken.
      preset: { worker: { completeJobBatchDelay: 0, failJobBatchDelay: 0 } },
      taskList: Object.fromEntries(handlers.map((handler) => [handler.name, task(handler, log)])),
      parsedCronItems: parseCronItems(options.cron.map(cronItem)),
    })
  }
  const stopping = new AbortController()
  const first = await begin().catch(async (error: unknown) => {
    await heartbeat[Symbol.asyncDispose]()
    await pool.end()
    throw error
  })
  const kept = keepRunning(begin, first, { log, signal: stopping.signal })
  running = kept

  return {
    ended: kept.ended,
    async [Symbol.asyncDispose]() {
      stopping.abort()
      const finished = Promise.allSettled([kept.current().stop(), kept.ended]).then(heartbeat.idle)
      await within(finishMs, finished).catch(() => giveBack(heartbeat, log))
      const closed = Promise.resolve(heartbeat[Symbol.asyncDispose]()).then(() => pool.end())
      await within(closeMs, closed).catch((error: unknown) =>
        log.warn({ err: error }, 'the queue did not say good-bye'),
      )
    },
  }
}

function pingListeners(events: WorkerEvents): void {
  const pings = new Map<unknown, () => void>()
  events.on('pool:listen:success', ({ client }) => pings.set(client, keepPinging(client)))
  events.on('pool:listen:release', ({ client }) => {
    pings.get(client)?.()
    pings.delete(client)
  })
}

/** Another worker takes at once what was not finished. It counts as an attempt, as with a worker that was killed. */
async function giveBack(heartbeat: Heartbeat, log: Log): Promise<void> {
  try {
    await within(giveBackMs, heartbeat.giveBack())
    log.info('jobs that take longer were given back')
  } catch (error) {
    log.warn({ err: error }, 'jobs could not be given back; others take them as those of a dead worker')
  }
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
