import type { TypedDocumentNode } from '@graphql-typed-document-node/core'
import { print } from 'graphql'
import type { Pool } from 'pg'
import { inject } from 'vitest'
import { type Adapters, createAdapters } from '../app/adapters.ts'
import { type App, createApp } from '../app/app.ts'
import { createHealth } from '../app/health/health.ts'
import { createRequestHandlers } from '../app/http/handlers.ts'
import { startHttpServer } from '../app/http/server.ts'
import { type Config, readSettings } from '../config/config.ts'
import { graphiqlPage } from '../dev/graphiql.ts'
import { developmentIdentity } from '../dev/identity.ts'
import { tokenEndpoint } from '../dev/token-endpoint.ts'
import type { Plans } from '../domains/billing/plans/plans.ts'
import { removeOldestDueJob } from '../platform/compat/graphile-worker/change-jobs.ts'
import { newKey } from '../platform/encryption/encryptor.ts'
import { runJobs } from '../platform/jobs/run-jobs.ts'
import { type Log, silentLog } from '../platform/observability/log.ts'
import { createMetrics } from '../platform/observability/metrics.ts'
import { countVendorRequests } from '../platform/vendors/vendor-metrics.ts'
import { testRun } from './job-run.ts'
import { writePlans } from './plans-file.ts'
import { openPool } from './pool.ts'
import { cloneDatabase, directUrlOf, ownerUrlOf } from './postgres.ts'

/** The same in every app of a test run, so that two apps can share a database. */
export const testKeys = { encryptionKeys: [newKey()], indexKey: newKey() }
export const testWebhookSecret = `whsec_${Buffer.from('the webhook secret of tests').toString('base64')}`

/** Both are configured, so a delivery needs both. */
export const testPurchaseWebhook = {
  authorization: 'Bearer the authorization of tests',
  secret: 'the signing secret of tests',
}

/** Other tests use the cores too, so a check of a working part may take longer than in production. */
const testCheckMs = 10_000

export interface TestAppOptions {
  /** The database of another app, as a second process of a deployment uses it. */
  readonly databaseUrl?: string
  /** Whether the app runs jobs. */
  readonly worker?: boolean
  /** Serves GraphiQL, signed in as the user with this e-mail address. */
  readonly graphiqlFor?: string
  readonly config?: Partial<Config>
  /** Plans and products instead of the project's own. */
  readonly plans?: Plans
  readonly adapters?: Partial<Adapters>
  /** The timeout of each health check. */
  readonly healthCheckMs?: number
  /** Receives the log, which is silent by default. */
  readonly log?: Log
}

export interface Answer<Data> {
  readonly status: number
  readonly headers: Headers
  readonly data: Data
  readonly errors?: readonly {
    readonly message: string
    readonly path?: readonly string[]
    readonly extensions: { readonly code: string }
  }[]
}

export interface TestApp extends AsyncDisposable {
  readonly url: string
  /** The app's URL of the database, with the runtime role, which owns nothing. */
  readonly databaseUrl: string
  /** Connections of the owner of the tables, for changes that the runtime role may not make. */
  readonly owner: Pool
  readonly app: App
  /** The current time of the app's clock. Tests may set it. */
  now: Date
  /** Returns the SQL statements since the last call. */
  takeStatements(): string[]
  token(email: string, options?: { expiresInSeconds?: number }): Promise<string>
  /** Sends an operation over HTTP as the user with this e-mail address, or without a token for null. */
  run<Data, Variables>(
    as: string | null,
    document: TypedDocumentNode<Data, Variables>,
    ...variables: Variables extends Record<string, never> ? [] : [NoInfer<Variables>]
  ): Promise<Answer<Data>>
  /** Sends an operation given as text. */
  query(as: string | null, source: string, variables?: object): Promise<Answer<unknown>>
  /** Runs one job now, as a worker does. */
  runJob(name: string, payload?: object): Promise<void>
  /** Runs due jobs until none is left. */
  runDueJobs(): Promise<void>
}

/** Starts the server with real HTTP, its own database, the R2 of the test run, and the development identity. */
export async function startTestApp(options: TestAppOptions = {}): Promise<TestApp> {
  const stack = new AsyncDisposableStack()
  const databaseUrl = options.databaseUrl ?? stack.use(await cloneDatabase()).url
  const identity = await developmentIdentity(inject('dataDir'))
  const defaults = readSettings({})
  const config: Config = {
    ...defaults,
    port: 0,
    metricsPort: 0,
    logLevel: 'silent',
    dataDir: inject('dataDir'),
    publicUrl: 'http://127.0.0.1',
    autoMigrate: false,
    plansFile: options.plans && writePlans(options.plans),
    database: { url: databaseUrl, directUrl: directUrlOf(databaseUrl) },
    privacy: testKeys,
    clerk: { ...identity, requireAuthorizedParty: true, apiUrl: 'https://api.clerk.invalid' },
    clerkWebhookSecrets: [testWebhookSecret],
    revenueCat: {
      ...defaults.revenueCat,
      apiUrl: 'https://api.revenuecat.invalid',
      webhookAuthorizations: [testPurchaseWebhook.authorization],
      webhookSecrets: [testPurchaseWebhook.secret],
    },
    bucket: inject('bucket'),
    ...options.config,
  }
  const clock = () => test.now
  const metrics = createMetrics()
  const adapters = { ...createAdapters(config, countVendorRequests(metrics, clock)), ...options.adapters }
  const log = options.log ?? silentLog
  const app = stack.use(createApp({ config, adapters, log, clock, metrics }))
  const statements: string[] = []
  const owner = stack.adopt(openPool(ownerUrlOf(databaseUrl), 2), (pool) => pool.end())
  app.db.onStatement(({ query }) => statements.push(query))

  const health = createHealth()
  health.begin(app, { checkMs: options.healthCheckMs ?? testCheckMs })
  const front = await startHttpServer({ ...config, log, health })
  stack.defer(() => front.close())
  const { graphiqlFor } = options
  const graphiql =
    graphiqlFor === undefined ? null : graphiqlPage({ email: graphiqlFor, token: () => test.token(graphiqlFor) })
  front.open(createRequestHandlers(app, graphiql, config.mode === 'development' ? tokenEndpoint(identity) : null))
  const handlers = app.jobs()
  const { directUrl } = config.database
  if (options.worker) {
    stack.use(await runJobs({ directUrl, handlers, cron: app.cron, concurrency: config.jobConcurrency, log }))
  }

  const url = `http://127.0.0.1:${front.port}`
  const send = async (as: string | null, query: string, variables: object = {}): Promise<Answer<never>> => {
    const headers = new Headers({ 'content-type': 'application/json' })
    if (as !== null) headers.set('authorization', `Bearer ${await test.token(as)}`)
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ query, variables }),
    })
    return {
      status: response.status,
      headers: response.headers,
      ...((await response.json()) as object),
    } as Answer<never>
  }

  const test: TestApp = {
    url,
    databaseUrl,
    owner,
    app,
    now: new Date(),
    takeStatements: () => statements.splice(0).filter((sql) => !/^(BEGIN|COMMIT|ROLLBACK)/.test(sql)),
    token: (email, { expiresInSeconds = 3_600 } = {}) =>
      identity.signToken({ email, now: new Date(), expiresInSeconds }),
    run: (as, document, ...[variables]) => send(as, print(document), variables as object),
    query: (as, source, variables) => send(as, source, variables),
    async runJob(name, payload = {}) {
      const handler = handlers.find((candidate) => candidate.name === name)
      if (!handler) throw new Error(`There is no job ${name}.`)
      await handler.run(payload, testRun())
    },
    async runDueJobs() {
      for (;;) {
        const job = await removeOldestDueJob(app.db.prisma)
        if (!job) return
        await test.runJob(job.name, job.payload)
      }
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
  return test
}
