import { setTimeout as sleep } from 'node:timers/promises'
import { type Config, isComplete, type Settings } from '../../config/config.ts'
import { systemClock } from '../../platform/clock.ts'
import { migrate } from '../../platform/database/migrate.ts'
import { warnOfOwner } from '../../platform/database/warn-of-owner.ts'
import { runJobs } from '../../platform/queue/run-jobs.ts'
import { createLog } from '../../platform/watching/log.ts'
import { createAdapters } from '../adapters.ts'
import { type App, createApp } from '../app.ts'
import type { GraphiqlPage } from '../graphql/graphql-server.ts'
import { createHealth, type Health } from '../health/health.ts'
import { type MetricsServer, serveMetrics } from '../health/metrics-server.ts'
import { PortTaken } from '../http/listen.ts'
import { stopRequest } from '../http/stop-request.ts'
import { crontab, jobHandlers } from '../jobs.ts'
import { startFront } from '../server.ts'
import { createServices } from '../services.ts'
import { beginTracing } from './begin-tracing.ts'
import { readyMessage } from './supervise.ts'
import { processName, warnOfConnections } from './warn-of-connections.ts'
import { whatIsOff } from './what-is-off.ts'

export interface ProcessOptions {
  readonly role: 'api' | 'worker' | 'all'
  /** Also ends when the process that started it does. */
  readonly endWithParent: boolean
  /** Which of the processes of WEB_CONCURRENCY it is, from 1. */
  readonly number?: number
}

const shutdownMs = 10_000
/** For so long a balancer may still send requests to a process that says it is not ready. */
const graceMs = 2_000
const jobConcurrency = 4

/**
 * One process from its first line to its last: takes its ports, starts what development embeds, migrates, serves and
 * works until it is told to stop, and then ends everything in reverse, within ten seconds. Throws when it cannot start;
 * nothing is left running then either.
 */
export async function runProcess(
  settings: Settings,
  { role, endWithParent, number = 1 }: ProcessOptions,
): Promise<void> {
  const log = createLog({ level: settings.logLevel, pretty: process.stdout.isTTY === true })
  const stop = stopRequest({ endWithParent })
  await using running = new AsyncDisposableStack()
  running.use(await beginTracing(settings, log))

  const health = createHealth()
  const front = role === 'worker' ? null : await startFront({ ...settings, log, health })
  const closeFront = once(async () => front?.close())
  running.defer(closeFront)
  const watched = await serveMetricsOfProcess(settings, number, health)
  if (watched) running.use(watched)

  const development =
    isComplete(settings) && settings.mode === 'production'
      ? null
      : await embed(settings, { join: role === 'worker' || number > 1 })
  if (development) running.use(development)
  const config = development?.config ?? (settings as Config)

  if (config.autoMigrate) await migrate({ url: config.database.directUrl, log })
  const app = running.use(
    createApp({ config, adapters: createAdapters(config), log, clock: systemClock, name: processName(role) }),
  )
  front?.open(createServices(app, development?.graphiql ?? null))
  const jobs = role === 'api' ? null : await startJobs(app, stop.ask)
  const endJobs = once(async () => jobs?.[Symbol.asyncDispose]())
  running.defer(endJobs)
  app.metrics.watchProcess()
  watched?.open(app.metrics)
  health.begin(app)

  void warnOfOwner({ pool: app.db.pool, log })
  void warnOfConnections(app)
  log.info({ role, port: front?.port, metricsPort: watched?.port, off: whatIsOff(config) }, 'ready')
  if (front && number === 1) await development?.announce(`http://localhost:${front.port}`)
  process.send?.(readyMessage)

  const reason = await stop.asked
  log.info({ reason }, 'stopping')
  health.drain()
  // Whatever hangs, the process ends: an orchestrator would kill it without a word.
  setTimeout(() => process.exit(1), shutdownMs).unref()
  const endJobsNow = endJobs()
  if (front && settings.mode === 'production') await sleep(graceMs)
  // Requests and jobs at work need all the rest, which ends after them.
  await Promise.all([closeFront(), endJobsNow])
}

/** However often it is called, it ends once. */
function once(end: () => Promise<void>): () => Promise<void> {
  let ended: Promise<void> | null = null
  return () => {
    ended ??= end()
    return ended
  }
}

/** What development adds: the embedded parts, GraphiQL, and words on the terminal. */
interface Development extends AsyncDisposable {
  readonly config: Config
  readonly graphiql: GraphiqlPage
  announce(api: string): Promise<void>
}

/** Loaded only here, only in development: production neither installs nor reaches what lies in dev/. */
async function embed(settings: Settings, options: { join: boolean }): Promise<Development> {
  const { startDevelopment } = await import('../../dev/development.ts')
  return startDevelopment(settings, options)
}

/** In development the port that nobody asked for gives way when it is taken. */
async function serveMetricsOfProcess(
  settings: Settings,
  number: number,
  health: Health,
): Promise<MetricsServer | null> {
  const { host, metricsPort } = settings
  if (metricsPort === null) return null
  const port = metricsPort === 0 ? 0 : metricsPort + number - 1
  try {
    return await serveMetrics(health, { host, port })
  } catch (error) {
    if (!(error instanceof PortTaken) || settings.mode === 'production' || !settings.metricsPortIsDefault) throw error
    return serveMetrics(health, { host, port: 0 })
  }
}

async function startJobs(app: App, stop: (reason: string) => void): Promise<AsyncDisposable> {
  const jobs = await runJobs({
    directUrl: app.config.database.directUrl,
    handlers: jobHandlers(app),
    cron: crontab,
    concurrency: jobConcurrency,
    log: app.log,
  })
  jobs.ended.then(
    () => stop('the job runner ended'),
    (error: unknown) => {
      app.log.fatal({ err: error }, 'the job runner failed')
      process.exitCode = 1
      stop('the job runner failed')
    },
  )
  return jobs
}
