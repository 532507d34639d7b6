import type { Config } from '../config/config.ts'
import { type PurchasePorts, tiersOf } from '../domains/billing/index.ts'
import { createUsage, type Usage, watchStorage } from '../domains/usage/index.ts'
import {
  type Authenticator,
  createAuthenticator,
  createEmails,
  type Emails,
  type OnArrival,
} from '../domains/users/index.ts'
import type { Clock } from '../platform/clock.ts'
import { watchDatabase } from '../platform/database/database-metrics.ts'
import { createDatabase, type Database } from '../platform/database/db.ts'
import { goesThroughPooler } from '../platform/database/pooler.ts'
import { traceStatements } from '../platform/database/trace-statements.ts'
import { createEvents, type Events } from '../platform/events/events.ts'
import { watchDeadEvents } from '../platform/inbox/inbox-metrics.ts'
import { watchGivenUpJobs } from '../platform/queue/job-metrics.ts'
import { createSealer, type Sealer } from '../platform/sealing/sealing.ts'
import type { Log } from '../platform/watching/log.ts'
import { createMetrics, type Metrics } from '../platform/watching/metrics.ts'
import type { Adapters } from './adapters.ts'
import { createOnArrival } from './on-arrival.ts'

/** What every process is made of, whether it serves requests, runs jobs or does both. */
export interface App extends AsyncDisposable {
  readonly config: Config
  readonly log: Log
  readonly clock: Clock
  readonly metrics: Metrics
  readonly db: Database
  readonly events: Events
  readonly adapters: Adapters
  readonly authenticator: Authenticator
  /** Encrypts what lies in the database. */
  readonly sealer: Sealer
  readonly emails: Emails
  /** What follows where somebody becomes a person here. */
  readonly onArrival: OnArrival
  /** By which rules purchases count. */
  readonly purchases: PurchasePorts
  /** What people may use by their plan. */
  readonly usage: Usage
}

export interface AppParts {
  readonly config: Config
  readonly adapters: Adapters
  readonly log: Log
  readonly clock: Clock
  /** What its connections are called. */
  readonly name?: string
}

/** Opens nothing yet: connections are made when they are needed. Disposing of it closes the adapters too. */
export function createApp({ config, adapters, log, clock, name }: AppParts): App {
  const { database, poolSize, privacy } = config
  const metrics = createMetrics()
  const sealer = createSealer(privacy.encryptionKeys)
  const emails = createEmails(sealer, privacy.indexKey)
  const isPooled = goesThroughPooler(database)
  const { url } = database
  const db = createDatabase({ url, isPooled, poolSize, name, log, onHints: (topics) => events.publish(topics) })
  if (config.tracing) traceStatements(db)
  watchDatabase(metrics, { pool: db.pool, bytesLimit: config.databaseBytesLimit })
  watchDeadEvents(metrics, db.pool)
  watchGivenUpJobs(metrics, db.pool)
  watchStorage(metrics, { db: db.prisma, bytesLimit: config.storageBytesLimit })
  const events = createEvents({
    directUrl: database.directUrl,
    send: (sql, values) => db.pool.query(sql, values),
    log,
  })
  const { plans, signUpCredits } = config
  const purchases = {
    plans,
    sandbox: { allowed: config.allowsSandbox, testers: config.revenueCat.sandboxUsers },
    canRead: adapters.revenueCat.canRead,
    log,
  }
  const onArrival = createOnArrival({ signUpCredits, emails, purchases })
  const usage = createUsage({ plans, metrics, tiersOf: (reader, ids, now) => tiersOf(reader, plans, ids, now) })
  const authenticator = createAuthenticator({
    db,
    verifier: adapters.verifier,
    directory: adapters.directory,
    emails,
    onArrival,
  })
  return {
    config,
    log,
    clock,
    metrics,
    db,
    events,
    adapters,
    authenticator,
    sealer,
    emails,
    onArrival,
    purchases,
    usage,
    async [Symbol.asyncDispose]() {
      await events[Symbol.asyncDispose]()
      await db[Symbol.asyncDispose]()
      await adapters[Symbol.asyncDispose]()
    },
  }
}
