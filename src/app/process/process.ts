import { setTimeout as sleep } from 'node:timers/promises'
import { type Config, isComplete, type Settings } from '../../config/config.ts'
import { hashExistingNames } from '../../domains/billing/index.ts'
import type { Domain } from '../../domains/define-domain.ts'
import { systemClock } from '../../platform/clock.ts'
import { explainUnusable } from '../../platform/database/database-unusable.ts'
import { migrate } from '../../platform/database/migrate.ts'
import { warnOfOwner } from '../../platform/database/warn-of-owner.ts'
import { createLog, type Log } from '../../platform/observability/log.ts'
import { createMetrics } from '../../platform/observability/metrics.ts'
import { countVendorRequests } from '../../platform/vendors/vendor-metrics.ts'
import { withTimeout } from '../../platform/with-timeout.ts'
import { type Adapters, createAdapters } from '../adapters.ts'
import { type App, createApp } from '../app.ts'
import type { GraphiqlPage } from '../graphql/graphql-server.ts'
import { createHealth, type Health } from '../health/health.ts'
import { type MetricsServer, serveMetrics } from '../health/metrics-server.ts'
import { PortTaken } from '../http/listen.ts'
import type { DevelopmentEndpoint } from '../http/server.ts'
import { beginTracing } from './begin-tracing.ts'
import { disabledFeatures } from './disabled-features.ts'
import { startJobs } from './start-jobs.ts'
import { type StopRequest, stopRequest } from './stop-request.ts'
import { readyMessage } from './supervise.ts'
import { processName, warnOfConnections } from './warn-of-connections.ts'

export interface ProcessOptions {
  readonly role: 'api' | 'worker' | 'all'
  /** Whether it stops when its parent process ends. */
  readonly endWithParent: boolean
  /** The number of the process among those of WEB_CONCURRENCY, from 1. */
  readonly number?: number
  /** The list of app/domains.ts, unless a test adds a domain of its own. */
  readonly domains?: readonly Domain<Adapters>[]
}

/** The process exits after this time even if something hangs, and logs it; an orchestrator would kill it later. */
const shutdownMs = 9_800
/** How long a load balancer may still send requests to a process that is not ready. */
const graceMs = 2_000
/** The timeout for closing the app's connections to a Postgres that does not respond. */
const closeMs = 1_000

/**
 * Runs a process: opens its ports, starts embedded services in development, migrates, serves requests and runs jobs until
 * it is told to stop, then stops everything in reverse order within ten seconds. Throws if it cannot start, and leaves
 * nothing running then. Work that waits for a Postgres that does not respond ends with the exit of the program.
 */
export async function runProcess(settings: Settings, options: ProcessOptions): Promise<void> {
  const log = createLog({ level: settings.logLevel, pretty: process.stdout.isTTY === true })
  const stop = stopRequest(options)
  void stop.requested.then((reason) => {
    log.info({ reason }, 'stopping')
    setTimeout(() => {
      log.error('shutdown timed out, exiting')
      process.exit(1)
    }, shutdownMs).unref()
  })
  try {
    await run(settings, options, { log, stop })
  } catch (error) {
    if (!(error instanceof StoppedEarly)) throw error
  }
}

/** The process was told to stop before it was ready. */
class StoppedEarly extends Error {}

async function run(
  settings: Settings,
  { role, number = 1, domains }: ProcessOptions,
  { log, stop }: { readonly log: Log; readonly stop: StopRequest },
): Promise<void> {
  await using running = new AsyncDisposableStack()
  running.use(await beginTracing(settings, log))

  const health = createHealth()
  const http = role === 'worker' ? null : await loadHttp()
  const httpServer = http ? await http.startHttpServer({ ...settings, log, health }) : null
  const closeHttpServer = once(async () => httpServer?.close())
  running.defer(closeHttpServer)
  const metricsServer = await serveMetricsOfProcess(settings, number, health)
  if (metricsServer) running.use(metricsServer)

  const development =
    isComplete(settings) && settings.mode === 'production'
      ? null
      : await embed(settings, { join: role === 'worker' || number > 1 })
  if (development) running.use(development)
  const config = development?.config ?? (settings as Config)

  const { directUrl, url } = config.database
  const direct = { url: directUrl, variable: directUrl === url ? 'DATABASE_URL' : 'DIRECT_URL' } as const
  /** Waits for work that may hang if Postgres does not respond. Rejects when the process is told to stop. */
  const unlessStopped = <Result>(work: Promise<Result>): Promise<Result> =>
    Promise.race([
      stop.requested.then(() => Promise.reject(new StoppedEarly())),
      work.catch((error: unknown) => Promise.reject(explainUnusable(error, direct))),
    ])

  const before = [hashExistingNames(config.privacy.indexKey)]
  if (config.autoMigrate) await unlessStopped(migrate({ url: directUrl, before, log }))
  const metrics = createMetrics()
  const adapters = createAdapters(config, countVendorRequests(metrics, systemClock))
  const app = createApp({ config, adapters, log, clock: systemClock, metrics, name: processName(role), domains })
  running.defer(() => closeApp(app))
  if (http) {
    const { graphiql = null, tokenEndpoint = null } = development ?? {}
    httpServer?.open(http.createRequestHandlers(app, graphiql, tokenEndpoint))
  }
  const jobs = role === 'api' ? null : startJobs(app, stop.request)
  // If the process is told to stop while the queue starts, jobs taken by then are finished or returned.
  const stopJobs = once(async () => {
    const started =
      jobs && (await withTimeout(closeMs, jobs, () => new Error('The queue did not start.')).catch(() => null))
    await started?.[Symbol.asyncDispose]()
  })
  running.defer(stopJobs)
  if (jobs) await unlessStopped(jobs)
  app.metrics.collectProcessMetrics()
  metricsServer?.open(app.metrics)
  health.begin(app)

  void warnOfOwner({ pool: app.db.pool, log })
  void warnOfConnections(app)
  log.info({ role, port: httpServer?.port, metricsPort: metricsServer?.port, off: disabledFeatures(config) }, 'ready')
  if (httpServer && number === 1) await development?.announce(`http://localhost:${httpServer.port}`)
  process.send?.(readyMessage)

  await stop.requested
  health.drain()
  const jobsStopped = stopJobs()
  if (httpServer && settings.mode === 'production') await sleep(graceMs)
  // Running requests and jobs need all other parts, which are closed after them.
  await Promise.all([closeHttpServer(), jobsStopped])
}

/** Loaded by processes that serve requests only: a worker starts with 0.5 s of CPU less. */
async function loadHttp() {
  const { startHttpServer } = await import('../http/server.ts')
  const { createRequestHandlers } = await import('../http/handlers.ts')
  return { startHttpServer, createRequestHandlers }
}

async function closeApp(app: App): Promise<void> {
  const timeoutError = () => new Error('The connections did not close within a second.')
  await withTimeout(closeMs, Promise.resolve(app[Symbol.asyncDispose]()), timeoutError).catch((error: unknown) =>
    app.log.warn({ err: error }, 'connections did not close in time'),
  )
}

/** Runs `end` once, however often the returned function is called. */
function once(end: () => Promise<void>): () => Promise<void> {
  let ended: Promise<void> | null = null
  return () => {
    ended ??= end()
    return ended
  }
}

/** What development adds: embedded services, GraphiQL and a startup message. */
interface Development extends AsyncDisposable {
  readonly config: Config
  readonly graphiql: GraphiqlPage
  readonly tokenEndpoint: DevelopmentEndpoint
  announce(api: string): Promise<void>
}

/** The only import of dev/, and only in development: production images do not contain dev/ or its packages. */
async function embed(settings: Settings, options: { join: boolean }): Promise<Development> {
  const { startDevelopment } = await import('../../dev/development.ts')
  return startDevelopment(settings, options)
}

/** In development another port is used if the default port is in use. */
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
