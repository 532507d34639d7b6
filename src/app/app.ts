import type { Config } from '../config/config.ts'
import type { Domain, Platform } from '../domains/define-domain.ts'
import type { Clock } from '../platform/clock.ts'
import { observeDatabase } from '../platform/database/database-metrics.ts'
import { createDatabase } from '../platform/database/db.ts'
import { goesThroughPooler } from '../platform/database/pooler.ts'
import { traceStatements } from '../platform/database/trace-statements.ts'
import { createEncryptor } from '../platform/encryption/encryptor.ts'
import { observeDeadEvents } from '../platform/inbox/inbox-metrics.ts'
import { observeFailedJobs } from '../platform/jobs/job-metrics.ts'
import { createNotifications } from '../platform/notifications/notifications.ts'
import type { Log } from '../platform/observability/log.ts'
import { createMetrics, type Metrics } from '../platform/observability/metrics.ts'
import { createStreams } from '../platform/streams/streams.ts'
import type { Adapters } from './adapters.ts'
import { type Composition, compose } from './compose.ts'
import { domains as allDomains } from './domains.ts'

/** The parts of every process, whether it serves requests, runs jobs or does both. */
export interface App extends Platform, Composition, AsyncDisposable {
  readonly adapters: Adapters
  readonly domains: readonly Domain<Adapters>[]
}

export interface AppParts {
  readonly config: Config
  readonly adapters: Adapters
  readonly log: Log
  readonly clock: Clock
  /** With the metrics of the adapters. */
  readonly metrics?: Metrics | undefined
  /** The application_name of its database connections. */
  readonly name?: string | undefined
  /** The list of app/domains.ts, unless a test adds a domain of its own. */
  readonly domains?: readonly Domain<Adapters>[] | undefined
}

/**
 * Opens no connection yet: connections are made when they are needed. Disposing of the app also closes the adapters.
 */
export function createApp({ adapters, domains = allDomains, ...parts }: AppParts): App {
  const platform = createPlatform(parts)
  const { config, db, notifications, metrics } = platform
  const composition = compose(domains, platform, adapters)
  observeDatabase(metrics, { pool: db.pool, bytesLimit: config.databaseBytesLimit })
  observeDeadEvents(metrics, db.pool)
  observeFailedJobs(metrics, db.pool)
  return {
    ...platform,
    ...composition,
    adapters,
    domains,
    async [Symbol.asyncDispose]() {
      await notifications[Symbol.asyncDispose]()
      await db[Symbol.asyncDispose]()
      await adapters[Symbol.asyncDispose]()
    },
  }
}

function createPlatform({
  config,
  log,
  clock,
  metrics = createMetrics(),
  name,
}: Omit<AppParts, 'adapters' | 'domains'>): Platform {
  const { database, poolSize, privacy } = config
  const db = createDatabase({
    url: database.url,
    isPooled: goesThroughPooler(database),
    poolSize,
    name,
    log,
    onNotify: (topics) => notifications.publish(topics),
  })
  if (config.tracing) traceStatements(db)
  const notifications = createNotifications({
    directUrl: database.directUrl,
    send: (sql, values) => db.pool.query(sql, values),
    log,
  })
  const encryptor = createEncryptor(privacy.encryptionKeys)
  const streams = createStreams({ db, notifications, encryptor, log })
  return { config, log, clock, metrics, db, notifications, streams, encryptor }
}
