import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { CreditBalanceChangedDocument } from '../../../operations/typed-operations.ts'
import { cancelJobs } from '../../platform/jobs/change-jobs.ts'
import { lanes } from '../../platform/jobs/lanes.ts'
import { createMetrics } from '../../platform/observability/metrics.ts'
import { startTestApp, type TestApp } from '../../testing/app.ts'
import { clerkUser } from '../../testing/clerk.ts'
import { deliver } from '../../testing/clerk-webhooks.ts'
import { openStream } from '../../testing/event-stream.ts'
import { samplesIn } from '../../testing/metric-samples.ts'
import { startPostgresProxy } from '../../testing/postgres-proxy.ts'
import { openWallet } from '../../testing/wallet-steps.ts'
import { createHealth, type Health } from './health.ts'
import { type MetricsServer, serveMetrics } from './metrics-server.ts'

let app: TestApp
let health: Health
let server: MetricsServer
beforeEach(async () => {
  app = await startTestApp()
  health = createHealth()
  server = await serveMetrics(health, { host: '127.0.0.1', port: 0 })
})
afterEach(async () => {
  await server[Symbol.asyncDispose]()
  await app[Symbol.asyncDispose]()
})

const get = (path = '/metrics', init?: RequestInit) => fetch(`http://127.0.0.1:${server.port}${path}`, init)

/** The samples of a counter that are not 0. */
async function counted(name: string): Promise<Record<string, number>> {
  return Object.fromEntries(Object.entries(await samples(name)).filter(([, count]) => count > 0))
}

/** The samples whose name begins like this, by the rest of their name. */
async function samples(beginning: string): Promise<Record<string, number>> {
  return samplesIn(await (await get()).text(), beginning)
}

test('/metrics is served on its own port once the process has started, for GET only', async () => {
  expect((await get()).status).toBe(503)
  server.open(app.app.metrics)
  const answer = await get()
  expect(answer.status).toBe(200)
  expect(answer.headers.get('content-type')).toContain('text/plain')
  expect(await answer.text()).toContain('# TYPE webhook_events_total counter')
  expect((await get('/metrics', { method: 'POST' })).status).toBe(405)
  expect((await get('/graphql')).status).toBe(404)
})

test('/metrics is not served on the public port', async () => {
  for (const path of ['/metrics', '/metrics/', '/metrics?x=1']) expect((await fetch(app.url + path)).status).toBe(404)
})

test('metrics include memory and event loop lag of Node', async () => {
  const metrics = createMetrics()
  metrics.collectProcessMetrics()
  const { text } = await metrics.expose()
  for (const name of [
    'process_resident_memory_bytes',
    'process_cpu_seconds_total',
    'nodejs_eventloop_lag_p99_seconds',
  ]) {
    expect(text).toMatch(new RegExp(`^${name} [\\d.]+`, 'm'))
  }
})

describe('once open', () => {
  beforeEach(() => server.open(app.app.metrics))

  test('webhook events are counted by outcome; unknown types are counted as other', async () => {
    const body = { type: 'user.created', id: 'msg_1', data: clerkUser('user_new') }
    await deliver(app, body)
    await deliver(app, body)
    await deliver(app, {
      ...body,
      id: 'msg_2',
      secret: `whsec_${Buffer.from('not the secret of tests').toString('base64')}`,
    })
    await deliver(app, { type: 'made.up', id: 'msg_3' })
    await deliver(app, { type: 'user.created', id: 'msg_4', data: { id: 'user_odd', created_at: 'never' } })
    await app.runDueJobs()
    await app.app.db.prisma.inboxEvent.updateMany({ where: { eventId: 'msg_4' }, data: { attempts: 9 } })
    const { id } = await app.app.db.prisma.inboxEvent.findFirstOrThrow({ where: { eventId: 'msg_4' } })
    expect(await samples('webhook_events_dead')).toEqual({ '': 0 })
    await app.runJob('inbox.process', { id })
    expect(await counted('webhook_events_total')).toEqual({
      '{source="clerk",type="user.created",outcome="received"}': 2,
      '{source="clerk",type="user.created",outcome="duplicate"}': 1,
      '{source="clerk",type="other",outcome="refused"}': 1,
      '{source="clerk",type="other",outcome="received"}': 1,
      '{source="clerk",type="user.created",outcome="applied"}': 1,
      '{source="clerk",type="other",outcome="applied"}': 1,
      '{source="clerk",type="user.created",outcome="failed"}': 1,
      '{source="clerk",type="user.created",outcome="dead"}': 1,
    })
    await using later = await startTestApp({ databaseUrl: app.databaseUrl })
    expect((await later.app.metrics.expose()).text).toMatch(/^webhook_events_dead 1$/m)
  })

  test('operations are measured by outcome and by name; unknown names are other', async () => {
    await app.query('ada@example.com', 'query Me { me { id } }')
    await app.query(null, 'query Me { me { nothing } }')
    await app.query(null, 'query Mine_1 { nothing }')
    await app.query(null, '{ __typename }')
    await app.query(null, 'query {')
    await expect
      .poll(() => samples('graphql_operation_duration_seconds_count'))
      .toEqual({
        '{operation="Me",outcome="ok"}': 1,
        '{operation="Me",outcome="error"}': 1,
        '{operation="other",outcome="error"}': 1,
        '{operation="other",outcome="ok"}': 1,
      })
    const requests = await samples('http_request_duration_seconds_count')
    expect(Object.values(requests).reduce((sum, count) => sum + count, 0)).toBe(5)
    expect(requests).toMatchObject({ '{route="/graphql",status="200"}': expect.any(Number) })
  })

  test('errors are counted by code, once per response; server faults count the request as failed', async () => {
    expect(await samples('graphql_errors_total')).toEqual({})
    await app.query(null, '{ me { id } a: __typename b: __typename }')
    await app.query(null, '{ nothing naught }')
    await app.query(null, 'query {')
    await app.owner.query('ALTER TABLE uploads RENAME TO mislaid')
    const failing = await app.query('ada@example.com', '{ me { uploads { edges { cursor } } } }')
    expect(failing).toMatchObject({ status: 200, errors: [{ extensions: { code: 'INTERNAL_SERVER_ERROR' } }] })
    await deliver(app, { type: 'user.created', secret: `whsec_${Buffer.from('a wrong secret').toString('base64')}` })
    await expect
      .poll(() => samples('graphql_errors_total'))
      .toEqual({
        '{code="GRAPHQL_VALIDATION_FAILED"}': 1,
        '{code="GRAPHQL_PARSE_FAILED"}': 1,
        '{code="INTERNAL_SERVER_ERROR"}': 1,
      })
    expect(await counted('http_requests_failed_total')).toEqual({ '{route="/graphql"}': 1 })
  })

  test('refused deliveries are not counted as GraphQL errors', async () => {
    const limits = { ...app.app.config.limits, deliveriesPerAddress: { points: 1, seconds: 60 } }
    await using limited = await startTestApp({ databaseUrl: app.databaseUrl, config: { limits } })
    for (const status of [200, 429]) expect((await deliver(limited, { type: 'user.created' })).status).toBe(status)
    const shown = async (name: string) => samplesIn((await limited.app.metrics.expose()).text, name)
    await expect
      .poll(() => shown('http_request_duration_seconds_count'))
      .toMatchObject({ '{route="/webhooks/clerk",status="429"}': 1 })
    expect(await shown('graphql_errors_total')).toEqual({})
  })

  test('a stream is counted as open from its first byte to its end', async () => {
    expect(await samples('graphql_streams_open')).toEqual({ '': 0 })
    const disconnected = new AbortController()
    const token = await app.token('ada@example.com')
    const stream = await openStream(app, token, CreditBalanceChangedDocument, {}, disconnected.signal)
    expect(await samples('graphql_streams_open')).toEqual({ '': 1 })
    disconnected.abort()
    await stream.next().catch(() => undefined)
    await expect.poll(() => samples('graphql_streams_open')).toEqual({ '': 0 })
    expect(await samples('http_request_duration_seconds_count')).toEqual({})
  })

  test('metrics include readiness, and the size and the size limit of the database', async () => {
    expect(await samples('ready')).toEqual({ '': 0 })
    expect(await samples('database_bytes')).toEqual({ '': expect.any(Number) })
    expect((await samples('database_bytes'))['']).toBeGreaterThan(5_000_000)
    health.begin(app.app)
    expect(await samples('ready')).toEqual({ '': 1 })
    await using limited = await startTestApp({
      databaseUrl: app.databaseUrl,
      config: { databaseBytesLimit: 500_000_000 },
    })
    expect((await limited.app.metrics.expose()).text).toMatch(/^database_bytes_limit 500000000$/m)
  })

  test('connections and the queue are read on scrape, the queue at most every five seconds', async () => {
    const idle = Object.fromEntries(lanes.map((lane) => [`{lane="${lane}"}`, 0]))
    expect(await samples('queue_depth')).toEqual(idle)
    expect(await samples('queue_oldest_seconds')).toEqual(idle)
    expect(await samples('pg_pool_connections')).toEqual({
      '{state="used"}': expect.any(Number),
      '{state="idle"}': expect.any(Number),
      '{state="waiting"}': 0,
    })
    await deliver(app, { type: 'user.created', data: clerkUser('user_new') })
    expect(await samples('queue_depth')).toEqual(idle)
    await using later = await startTestApp({ databaseUrl: app.databaseUrl })
    await app.owner.query(`UPDATE graphile_worker._private_jobs SET run_at = now() - interval '1 minute'`)
    const { text } = await later.app.metrics.expose()
    expect(samplesIn(text, 'queue_depth')).toEqual({ ...idle, '{lane="default"}': 1 })
    const ages = samplesIn(text, 'queue_oldest_seconds')
    expect(ages['{lane="default"}']).toBeGreaterThanOrEqual(60)
    expect(ages).toMatchObject({ '{lane="files"}': 0, '{lane="render"}': 0 })
  })

  test('the nightly ledger check exports its time and the number of mismatches', async () => {
    expect(await counted('ledger_')).toEqual({})
    const wallet = await openWallet(app)
    await wallet.gift('2027-01-01', 50)
    await app.runJob('credits.verify-ledger')
    const checked = { last_verified_timestamp_seconds: app.now.getTime() / 1_000 }
    expect(await samples('ledger_')).toMatchObject({ ...checked, 'verifications_total{outcome="ok"}': 1 })
    expect(await samples('ledger_mismatches')).toEqual({ '': 0 })

    await app.owner.query(`
      SET session_replication_role = replica;
      UPDATE credit_lots SET remaining = remaining - 1;
      SET session_replication_role = DEFAULT`)
    await app.runJob('credits.verify-ledger')
    expect(await samples('ledger_verifications_total')).toMatchObject({ '{outcome="mismatch"}': 1 })
    expect(await samples('ledger_mismatches')).toEqual({ '': 2 })

    await app.owner.query('ALTER TABLE credit_lots RENAME TO mislaid')
    await expect(app.runJob('credits.verify-ledger')).rejects.toThrow('credit_lots')
    expect(await samples('ledger_verifications_total')).toMatchObject({ '{outcome="failed"}': 1 })
    expect(await samples('ledger_mismatches')).toEqual({ '': 2 })
  })
})

test('counters of alerts start at 0: Prometheus sees no increase in a series that first appears at 500', async () => {
  server.open(app.app.metrics)
  for (const [name, shown] of [
    ['webhook_events_total', '{source="clerk",type="user.created",outcome="failed"}'],
    ['webhook_events_total', '{source="clerk",type="other",outcome="refused"}'],
    ['webhook_events_total', '{source="revenuecat",type="RENEWAL",outcome="failed"}'],
    ['webhook_events_total', '{source="other",type="other",outcome="failed"}'],
    ['http_requests_failed_total', '{route="/graphql"}'],
    ['http_requests_failed_total', '{route="/webhooks/clerk"}'],
    ['http_requests_failed_total', '{route="/webhooks/revenuecat"}'],
    ['http_requests_failed_total', '{route="/cron/tick"}'],
    ['ledger_verifications_total', '{outcome="failed"}'],
    ['jobs_total', '{name="privacy.erase-user",outcome="failed"}'],
    ['payment_retry_total', ''],
  ] as const) {
    expect((await samples(name))[shown], name + shown).toBe(0)
  }
  expect((await samples('quota_exceeded_total'))['{meter="UPLOADS",tier="FREE"}']).toBe(0)
})

test('jobs are counted by outcome', async () => {
  server.open(app.app.metrics)
  await app.runJob('uploads.sweep')
  await app.owner.query('ALTER TABLE credit_lots RENAME TO mislaid')
  await expect(app.runJob('credits.verify-ledger')).rejects.toThrow('credit_lots')
  expect(await counted('jobs_total')).toEqual({
    '{name="uploads.sweep",outcome="done"}': 1,
    '{name="credits.verify-ledger",outcome="failed"}': 1,
  })
})

test('jobs_given_up counts jobs without attempts left, except cancelled jobs', async () => {
  server.open(app.app.metrics)
  await app.owner.query(`
    SELECT graphile_worker.add_job('waits'), graphile_worker.add_job('bad'), graphile_worker.add_job('settled');
    UPDATE graphile_worker._private_jobs SET attempts = max_attempts, last_error = 'It broke' FROM (
      SELECT id AS task FROM graphile_worker._private_tasks WHERE identifier <> 'waits') AS tasks WHERE task_id = task`)
  const { rows } = await app.owner.query<{ id: string }>(
    `SELECT job.id::text FROM graphile_worker.jobs AS job WHERE task_identifier = 'settled'`,
  )
  await cancelJobs(
    app.app.db.prisma,
    rows.map(({ id }) => id),
  )
  expect(await samples('jobs_given_up')).toEqual({ '': 1 })
})

test('while Postgres is stalled the other metrics are served within two seconds', async () => {
  const proxy = await startPostgresProxy(app.databaseUrl)
  await using stalled = await startTestApp({ databaseUrl: proxy.through(app.databaseUrl) })
  // Closed before the app: statements that wait for an answer would delay closing it.
  await using _ = proxy
  server.open(stalled.app.metrics)
  health.begin(stalled.app)
  await stalled.app.db.pool.query('SELECT')
  proxy.isSilent = true
  const began = performance.now()
  const shown = samplesIn(await (await get()).text(), '')
  expect(performance.now() - began).toBeLessThan(2_000)
  expect(shown).toMatchObject({ ready: 0, 'pg_pool_connections{state="used"}': expect.any(Number) })
  for (const name of [
    'queue_depth{lane="default"}',
    'webhook_events_dead',
    'jobs_given_up',
    'database_bytes',
    'storage_bytes_used',
  ]) {
    expect(shown).not.toHaveProperty(name)
  }
})

test('while Postgres is unavailable the other metrics are served within two seconds', async () => {
  await using unavailable = await startTestApp({ databaseUrl: 'postgres://pacer:secret@127.0.0.1:1/pacer' })
  server.open(unavailable.app.metrics)
  const began = performance.now()
  expect(await samples('queue_')).toEqual({})
  expect(await samples('pg_pool_connections')).toMatchObject({ '{state="waiting"}': 0 })
  expect(performance.now() - began).toBeLessThan(2_000)
})
