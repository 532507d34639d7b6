import type { TypedDocumentNode } from '@graphql-typed-document-node/core'
import { print } from 'graphql'
import type { Pool } from 'pg'
import { inject } from 'vitest'
import { type Adapters, createAdapters } from '../app/adapters.ts'
import { type App, createApp } from '../app/app.ts'
import { createHealth } from '../app/health/health.ts'
import { crontab, jobHandlers } from '../app/jobs.ts'
import { startFront } from '../app/server.ts'
import { createServices } from '../app/services.ts'
import { type Config, readSettings } from '../config/config.ts'
import { defaultLimits } from '../config/limits.ts'
import { graphiqlPage } from '../dev/graphiql.ts'
import { developmentIdentity } from '../dev/identity.ts'
import { runJobs } from '../platform/queue/run-jobs.ts'
import { newKey } from '../platform/sealing/sealing.ts'
import { silentLog } from '../platform/watching/log.ts'
import { openPool } from './pool.ts'
import { cloneDatabase, directUrlOf, ownerUrlOf } from './postgres.ts'

/** The same in every app of a run, so that two may share a database. */
export const testKeys = { encryptionKeys: [newKey()], indexKey: newKey() }
export const testWebhookSecret = `whsec_${Buffer.from('the webhook secret of tests').toString('base64')}`

/** Both are configured, so both must be right. */
export const testPurchaseWebhook = {
  authorization: 'Bearer the authorization of tests',
  secret: 'the signing secret of tests',
}

export interface TestAppOptions {
  /** Another app's database, as a second process of the same deployment has it. */
  readonly databaseUrl?: string
  /** Runs jobs as they come. */
  readonly worker?: boolean
  /** Serves GraphiQL, signed in as that person. */
  readonly graphiqlFor?: string
  readonly config?: Partial<Config>
  readonly adapters?: Partial<Adapters>
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
  /** As the app connects, for everything: the runtime role, which owns nothing. */
  readonly databaseUrl: string
  /** Past all privileges: for a test that changes tables, or what the app itself may not change. */
  readonly owner: Pool
  readonly app: App
  /** The present instant of the app; move it as you like. */
  now: Date
  /** The SQL statements since the last look; looking empties the list. */
  takeStatements(): string[]
  token(email: string, options?: { expiresInSeconds?: number }): Promise<string>
  /** Sends an operation by HTTP as the person with that address, or as nobody. */
  run<Data, Variables>(
    as: string | null,
    document: TypedDocumentNode<Data, Variables>,
    ...variables: Variables extends Record<string, never> ? [] : [NoInfer<Variables>]
  ): Promise<Answer<Data>>
  /** The same for an operation written by hand. */
  query(as: string | null, source: string, variables?: object): Promise<Answer<unknown>>
  /** Runs one job now, as the worker would. */
  runJob(name: string, payload?: object): Promise<void>
  /** Runs every job that is due, until none is. */
  runDueJobs(): Promise<void>
}

/** The whole server over real HTTP, a database of its own, the run's R2, and the development identity. */
export async function startTestApp(options: TestAppOptions = {}): Promise<TestApp> {
  const stack = new AsyncDisposableStack()
  const databaseUrl = options.databaseUrl ?? stack.use(await cloneDatabase()).url
  const identity = await developmentIdentity(inject('dataDir'))
  const config: Config = {
    mode: 'development',
    allowsSandbox: true,
    host: '127.0.0.1',
    port: 0,
    metricsPort: 0,
    metricsPortIsDefault: true,
    webConcurrency: 1,
    logLevel: 'silent',
    dataDir: inject('dataDir'),
    publicUrl: 'http://127.0.0.1',
    poolSize: 5,
    autoMigrate: false,
    adminClerkIds: [],
    corsOrigins: ['http://localhost:3000'],
    allowedHosts: ['127.0.0.1', 'localhost'],
    trustedProxies: [],
    persistedOnly: false,
    limits: defaultLimits,
    inboxRetentionDays: 30,
    signUpCredits: 100,
    plans: readSettings({}).plans,
    database: { url: databaseUrl, directUrl: directUrlOf(databaseUrl) },
    privacy: testKeys,
    clerk: { ...identity, requireAuthorizedParty: true, apiUrl: 'https://api.clerk.invalid' },
    clerkWebhookSecrets: [testWebhookSecret],
    revenueCat: {
      apiUrl: 'https://api.revenuecat.invalid',
      webhookAuthorizations: [testPurchaseWebhook.authorization],
      webhookSecrets: [testPurchaseWebhook.secret],
      sandboxUsers: [],
    },
    bucket: inject('bucket'),
    ...options.config,
  }
  const adapters = { ...createAdapters(config), ...options.adapters }
  const app = stack.use(createApp({ config, adapters, log: silentLog, clock: () => test.now }))
  const statements: string[] = []
  const owner = stack.adopt(openPool(ownerUrlOf(databaseUrl), 2), (pool) => pool.end())
  app.db.onStatement(({ query }) => statements.push(query))

  const health = createHealth()
  health.begin(app)
  const front = await startFront({ ...config, log: silentLog, health })
  stack.defer(() => front.close())
  const { graphiqlFor } = options
  const graphiql = graphiqlFor === undefined ? null : graphiqlPage(() => test.token(graphiqlFor))
  front.open(createServices(app, graphiql))
  const handlers = jobHandlers(app)
  const { directUrl } = config.database
  if (options.worker) {
    stack.use(await runJobs({ directUrl, handlers, cron: crontab, concurrency: 2, log: silentLog }))
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
      await handler.run(payload, { isLastAttempt: false })
    },
    async runDueJobs() {
      for (;;) {
        const [job] = await app.db.prisma.$queryRaw<{ id: string; name: string; payload: object }[]>`
          DELETE FROM graphile_worker._private_jobs AS job USING graphile_worker._private_tasks AS task
          WHERE task.id = job.task_id AND job.id = (
            SELECT id FROM graphile_worker._private_jobs WHERE run_at <= now() ORDER BY id LIMIT 1)
          RETURNING job.id::text, task.identifier AS name, job.payload`
        if (!job) return
        await test.runJob(job.name, job.payload)
      }
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
  return test
}
