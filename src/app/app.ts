import type { Config } from '../config/config.ts'
import {
  type Authenticator,
  createAuthenticator,
  createEmails,
  type Emails,
  type OnArrival,
} from '../domains/users/index.ts'
import type { Clock } from '../platform/clock.ts'
import { watchDatabase } from '../platform/database-metrics.ts'
import { createDatabase, type Database } from '../platform/db.ts'
import { createEvents, type Events } from '../platform/events.ts'
import type { Log } from '../platform/log.ts'
import { createMetrics, type Metrics } from '../platform/metrics.ts'
import { createSealer, type Sealer } from '../platform/sealing.ts'
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
}

export interface AppParts {
  readonly config: Config
  readonly adapters: Adapters
  readonly log: Log
  readonly clock: Clock
}

/** Opens nothing yet: connections are made when they are needed. Disposing of it closes the adapters too. */
export function createApp({ config, adapters, log, clock }: AppParts): App {
  const { database, poolSize, privacy } = config
  const metrics = createMetrics()
  const sealer = createSealer(privacy.encryptionKeys)
  const emails = createEmails(sealer, privacy.indexKey)
  const db = createDatabase({ url: database.url, poolSize, log, onHints: (topics) => events.publish(topics) })
  watchDatabase(metrics, db.pool)
  const events = createEvents({
    directUrl: database.directUrl,
    send: (sql, values) => db.pool.query(sql, values),
    log,
  })
  const onArrival = createOnArrival({ signUpCredits: config.signUpCredits, emails })
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
    async [Symbol.asyncDispose]() {
      await events[Symbol.asyncDispose]()
      await db[Symbol.asyncDispose]()
      await adapters[Symbol.asyncDispose]()
    },
  }
}
