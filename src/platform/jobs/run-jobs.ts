import { randomBytes } from 'node:crypto'
import { Logger, runMigrations } from 'graphile-worker'
import { Pool } from 'pg'
import { systemClock } from '../clock.ts'
import { unlockWorkers } from '../compat/graphile-worker/workers.ts'
import { sessionOptions } from '../database/session-options.ts'
import { keepAliveOptions, TimeoutClient } from '../database/timeout-client.ts'
import type { Log } from '../observability/log.ts'
import { withTimeout } from '../with-timeout.ts'
import type { CronEntry, JobHandler } from './define-job.ts'
import type { JobConcurrency } from './lanes.ts'
import { listenForJobs } from './listen-for-jobs.ts'
import { runCron } from './run-cron.ts'
import { startTaking } from './take-jobs.ts'
import { type HeartbeatTimes, keepHeartbeat } from './worker-heartbeat.ts'

/** Jobs that have not ended by then are given back when the process stops. */
const finishMs = 5_000
/** For giving them back, and for closing the connections: the process does not wait for a Postgres that does not answer. */
const giveBackMs = 1_500
const closeMs = 500

/**
 * The queue's own statements take a millisecond each, so two connections carry every lane: with a third one the heartbeat
 * is written also while both wait for a lock. A fourth connection listens (platform/database/connections.ts counts them).
 */
const poolSize = 3

export interface RunJobsOptions {
  /** Without a pooler: one connection listens. */
  readonly directUrl: string
  readonly handlers: readonly JobHandler[]
  readonly cron: readonly CronEntry[]
  readonly concurrency: JobConcurrency
  readonly log: Log
  readonly heartbeat?: HeartbeatTimes
  /** The timeout of each of the queue's own statements, which take milliseconds. Default: 10 s. Jobs use the app's pool. */
  readonly answerMs?: number
}

export interface RunningJobs extends AsyncDisposable {
  /** Resolves when it was disposed of. Rejects when this version of the program can no longer use the queue. */
  readonly ended: Promise<void>
}

/**
 * Runs jobs until disposed of. Then the signals of those that run are aborted; those that end within five seconds are
 * finished or returned, the others given back, and within eight seconds all has ended. Handlers run at least once: the
 * job of a worker that died is given to another one (worker-heartbeat.ts).
 */
export async function runJobs(options: RunJobsOptions): Promise<RunningJobs> {
  const { directUrl, handlers, cron, concurrency, log, answerMs = 10_000 } = options
  const pool = openQueuePool(directUrl, { answerMs, log })
  try {
    // Checks that this version of the library knows the tables; migrates them where it may and must.
    await runMigrations({ pgPool: pool, logger: new Logger(() => () => undefined) })
  } catch (error) {
    await pool.end()
    throw error
  }
  const worker = `pool-${randomBytes(9).toString('hex')}`
  const closed = new AbortController()
  const { promise: ended, resolve: end, reject: fail } = Promise.withResolvers<void>()
  ended.catch(() => undefined)

  const taker = startTaking({
    pool,
    worker,
    handlers,
    concurrency,
    log,
    closed: closed.signal,
    onFirstAnswer: () => void heartbeat.beat(),
  })
  const { running, answeredAt } = taker
  const heartbeat = keepHeartbeat({ pool, worker, log, running, answeredAt, ...options.heartbeat })
  const listener = listenForJobs({
    directUrl,
    answerMs,
    log,
    onAdded: taker.wake,
    onCancelled: taker.check,
    onBreakingMigration: () =>
      fail(new Error('A newer version of graphile-worker has changed the tables of the queue.')),
  })
  const stopping = new AbortController()
  const crontab = runCron({ pool, crontab: cron, log, signal: stopping.signal, clock: systemClock })
  await Promise.all([heartbeat.beat(), listener.ready])

  return {
    ended,
    async [Symbol.asyncDispose]() {
      stopping.abort()
      const finished = Promise.all([taker.stop(), crontab])
      await withTimeout(finishMs, finished).catch(() => giveBack(pool, worker, log))
      closed.abort()
      heartbeat[Symbol.dispose]()
      await withTimeout(closeMs, Promise.all([listener.end(), pool.end()])).catch((error: unknown) =>
        log.warn({ err: error }, 'the connections of the queue did not close in time'),
      )
      end()
    },
  }
}

function openQueuePool(connectionString: string, { answerMs, log }: { answerMs: number; log: Log }): Pool {
  const pool = new Pool({
    connectionString,
    max: poolSize,
    Client: TimeoutClient,
    query_timeout: answerMs,
    // The server gives up first: then the connection is whole.
    statement_timeout: answerMs * 0.9,
    // Postgres would plan the statement that takes jobs each time: 0.87 ms instead of 0.44 ms.
    options: `${sessionOptions} -c plan_cache_mode=force_generic_plan`,
    ...keepAliveOptions,
  })
  const onBroken = (error: Error) => log.warn({ err: error }, 'a queue connection broke')
  pool.on('error', onBroken)
  // A connection in use that breaks (Postgres restarts) would end the process without a listener of its own.
  pool.on('connect', (client) => client.on('error', onBroken))
  return pool
}

/** Another worker takes at once what has not ended. It counts as an attempt, as with a worker that was killed. */
async function giveBack(pool: Pool, worker: string, log: Log): Promise<void> {
  try {
    await withTimeout(giveBackMs, unlockWorkers(pool, [worker]))
    log.info('jobs that did not end in time were given back')
  } catch (error) {
    log.warn({ err: error }, 'jobs could not be given back; others take them as those of a dead worker')
  }
}
