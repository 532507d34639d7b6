import { setTimeout as sleep } from 'node:timers/promises'
import { type Config, isComplete, type Settings } from '../../config/config.ts'
import { systemClock } from '../../platform/clock.ts'
import { explainUnusable } from '../../platform/database/database-unusable.ts'
import { migrate } from '../../platform/database/migrate.ts'
import { warnOfOwner } from '../../platform/database/warn-of-owner.ts'
import { createLog, type Log } from '../../platform/watching/log.ts'
import { within } from '../../platform/within.ts'
import { createAdapters } from '../adapters.ts'
import { type App, createApp } from '../app.ts'
import type { GraphiqlPage } from '../graphql/graphql-server.ts'
import { createHealth, type Health } from '../health/health.ts'
import { type MetricsServer, serveMetrics } from '../health/metrics-server.ts'
import { PortTaken } from '../http/listen.ts'
import { startFront } from '../server.ts'
import { createServices } from '../services.ts'
import { beginTracing } from './begin-tracing.ts'
import { startJobs } from './start-jobs.ts'
import { type StopRequest, stopRequest } from './stop-request.ts'
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

/** Whatever hangs, the process ends: an orchestrator would kill it without a word. */
const shutdownMs = 9_800
/** For so long a balancer may still send requests to a process that says it is not ready. */
const graceMs = 2_000
/** For what the app has open: a silent Postgres is not waited for. */
const closeMs = 1_000

/**
 * One process from its first line to its last: takes its ports, starts what development embeds, migrates, serves and
 * works until it is told to stop, and then ends everything in reverse, within ten seconds. Throws when it cannot start;
 * nothing is left running then either. What hangs on a silent Postgres is left to the exit of the program.
 */
export async function runProcess(settings: Settings, options: ProcessOptions): Promise<void> {
  const log = createLog({ level: settings.logLevel, pretty: process.stdout.isTTY === true })
  const stop = stopRequest(options)
  void stop.asked.then((reason) => {
    log.info({ reason }, 'stopping')
    setTimeout(() => {
      log.error('the process did not end in time, and is cut off')
      process.exit(1)
    }, shutdownMs).unref()
  })
  try {
    await run(settings, options, { log, stop })
  } catch (error) {
    if (!(error instanceof StoppedEarly)) throw error
  }
}

/** Told to stop before it was ready. */
class StoppedEarly extends Error {}

async function run(
  settings: Settings,
  { role, number = 1 }: ProcessOptions,
  { log, stop }: { readonly log: Log; readonly stop: StopRequest },
): Promise<void> {
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

  const { directUrl, url } = config.database
  const direct = { url: directUrl, variable: directUrl === url ? 'DATABASE_URL' : 'DIRECT_URL' } as const
  /** For what may hang on a Postgres that does. */
  const begun = <Result>(work: Promise<Result>): Promise<Result> =>
    Promise.race([
      stop.asked.then(() => Promise.reject(new StoppedEarly())),
      work.catch((error: unknown) => Promise.reject(explainUnusable(error, direct))),
    ])

  if (config.autoMigrate) await begun(migrate({ url: directUrl, log }))
  const app = createApp({ config, adapters: createAdapters(config), log, clock: systemClock, name: processName(role) })
  running.defer(() => closeApp(app))
  front?.open(createServices(app, development?.graphiql ?? null))
  const jobs = role === 'api' ? null : startJobs(app, stop.ask)
  // Told to stop while they began: what they have taken by then is finished or given back.
  const endJobs = once(async () => {
    const begun = jobs && (await within(closeMs, jobs, () => new Error('The queue did not begin.')).catch(() => null))
    await begun?.[Symbol.asyncDispose]()
  })
  running.defer(endJobs)
  if (jobs) await begun(jobs)
  app.metrics.watchProcess()
  watched?.open(app.metrics)
  health.begin(app)

  void warnOfOwner({ pool: app.db.pool, log })
  void warnOfConnections(app)
  log.info({ role, port: front?.port, metricsPort: watched?.port, off: whatIsOff(config) }, 'ready')
  if (front && number === 1) await development?.announce(`http://localhost:${front.port}`)
  process.send?.(readyMessage)

  await stop.asked
  health.drain()
  const endJobsNow = endJobs()
  if (front && settings.mode === 'production') await sleep(graceMs)
  // Requests and jobs at work need all the rest, which ends after them.
  await Promise.all([closeFront(), endJobsNow])
}

async function closeApp(app: App): Promise<void> {
  const late = () => new Error('It did not end within a second.')
  await within(closeMs, Promise.resolve(app[Symbol.asyncDispose]()), late).catch((error: unknown) =>
    app.log.warn({ err: error }, 'the connections of the process did not say good-bye'),
  )
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
