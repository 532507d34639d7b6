import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { CreditBalanceChangedDocument } from '../../../operations/typed-operations.ts'
import { cancelJobs } from '../../platform/queue/queue-change.ts'
import { createMetrics } from '../../platform/watching/metrics.ts'
import { startTestApp, type TestApp } from '../../testing/app.ts'
import { clerkPerson } from '../../testing/clerk.ts'
import { deliver } from '../../testing/clerk-webhooks.ts'
import { openStream } from '../../testing/event-stream.ts'
import { openPostgresDoor } from '../../testing/postgres-door.ts'
import { samplesIn } from '../../testing/samples.ts'
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

/** Of a counter those that are not 0. */
async function counted(name: string): Promise<Record<string, number>> {
  return Object.fromEntries(Object.entries(await samples(name)).filter(([, count]) => count > 0))
}

/** The samples that begin so, by what follows. */
async function samples(beginning: string): Promise<Record<string, number>> {
  return samplesIn(await (await get()).text(), beginning)
}

test('metrics are on the port of their own once the process is up, for GET only', async () => {
  expect((await get()).status).toBe(503)
  server.open(app.app.metrics)
  const answer = await get()
  expect(answer.status).toBe(200)
  expect(answer.headers.get('content-type')).toContain('text/plain')
  expect(await answer.text()).toContain('# TYPE webhook_events_total counter')
  expect((await get('/metrics', { method: 'POST' })).status).toBe(405)
  expect((await get('/graphql')).status).toBe(404)
})

test('they are never on the public port', async () => {
  for (const path of ['/metrics', '/metrics/', '/metrics?x=1']) expect((await fetch(app.url + path)).status).toBe(404)
})

test("Node's own are there: memory and the event loop's lag", async () => {
  const metrics = createMetrics()
  metrics.watchProcess()
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

  test('webhook events are counted by what became of them; types that nobody knows are other', async () => {
    const body = { type: 'user.created', id: 'msg_1', data: clerkPerson('user_new') }
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

  test('operations are measured by name where the name is ours, and by outcome', async () => {
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

  test('errors are counted by code, and once an answer; those of ours make it a failed one', async () => {
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

  test('deliveries that are refused are no errors of GraphQL', async () => {
    const limits = { ...app.app.config.limits, deliveriesPerAddress: { points: 1, seconds: 60 } }
    await using limited = await startTestApp({ databaseUrl: app.databaseUrl, config: { limits } })
    for (const status of [200, 429]) expect((await deliver(limited, { type: 'user.created' })).status).toBe(status)
    const shown = async (name: string) => samplesIn((await limited.app.metrics.expose()).text, name)
    await expect
      .poll(() => shown('http_request_duration_seconds_count'))
      .toMatchObject({ '{route="/webhooks/clerk",status="429"}': 1 })
    expect(await shown('graphql_errors_total')).toEqual({})
  })

  test('a stream is open from its first byte to its end', async () => {
    expect(await samples('graphql_streams_open')).toEqual({ '': 0 })
    const gone = new AbortController()
    const token = await app.token('ada@example.com')
    const stream = await openStream(app, token, CreditBalanceChangedDocument, {}, gone.signal)
    expect(await samples('graphql_streams_open')).toEqual({ '': 1 })
    gone.abort()
    await stream.next().catch(() => undefined)
    await expect.poll(() => samples('graphql_streams_open')).toEqual({ '': 0 })
    expect(await samples('http_request_duration_seconds_count')).toEqual({})
  })

  test('whether it is ready, and how large the database is beside what it may be', async () => {
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

  test('connections and the queue are read when somebody looks, the queue every five seconds at most', async () => {
    expect(await samples('queue_')).toEqual({ depth: 0, oldest_seconds: 0 })
    expect(await samples('pg_pool_connections')).toEqual({
      '{state="used"}': expect.any(Number),
      '{state="idle"}': expect.any(Number),
      '{state="waiting"}': 0,
    })
    await deliver(app, { type: 'user.created', data: clerkPerson('user_new') })
    expect(await samples('queue_depth')).toEqual({ '': 0 })
    await using later = await startTestApp({ databaseUrl: app.databaseUrl })
    await app.owner.query(`UPDATE graphile_worker._private_jobs SET run_at = now() - interval '1 minute'`)
    const { text } = await later.app.metrics.expose()
    expect(text).toMatch(/^queue_depth 1$/m)
    expect(Number(/^queue_oldest_seconds (.+)$/m.exec(text)?.[1])).toBeGreaterThanOrEqual(60)
  })

  test('the nightly check of the ledger says when it was and how many lies it found', async () => {
    expect(await counted('ledger_')).toEqual({})
    const wallet = await openWallet(app)
    await wallet.gift('2027-01-01', 50)
    await app.runJob('credits.verify-ledger')
    const checked = { last_verified_timestamp_seconds: app.now.getTime() / 1_000, lies: 0 }
    expect(await samples('ledger_')).toMatchObject({ ...checked, 'verifications_total{outcome="honest"}': 1 })

    await app.owner.query(`
      SET session_replication_role = replica;
      UPDATE credit_lots SET remaining = remaining - 1;
      SET session_replication_role = DEFAULT`)
    await app.runJob('credits.verify-ledger')
    expect(await samples('ledger_')).toMatchObject({ lies: 2, 'verifications_total{outcome="lies"}': 1 })

    await app.owner.query('ALTER TABLE credit_lots RENAME TO mislaid')
    await expect(app.runJob('credits.verify-ledger')).rejects.toThrow('credit_lots')
    expect(await samples('ledger_')).toMatchObject({ lies: 2, 'verifications_total{outcome="failed"}': 1 })
  })
})

test('what alerts count begins at 0: Prometheus takes what is first seen at 500 for no growth', async () => {
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

test('jobs are counted by how they ended', async () => {
  server.open(app.app.metrics)
  await app.runJob('uploads.sweep')
  await app.owner.query('ALTER TABLE credit_lots RENAME TO mislaid')
  await expect(app.runJob('credits.verify-ledger')).rejects.toThrow('credit_lots')
  expect(await counted('jobs_total')).toEqual({
    '{name="uploads.sweep",outcome="done"}': 1,
    '{name="credits.verify-ledger",outcome="failed"}': 1,
  })
})

test('jobs that were given up are shown, but for those that somebody cancelled', async () => {
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

test('while Postgres is silent the rest is shown, within two seconds', async () => {
  const door = await openPostgresDoor(app.databaseUrl)
  await using silent = await startTestApp({ databaseUrl: door.through(app.databaseUrl) })
  // Closed first: what waits for an answer would hold up the app's end.
  await using _ = door
  server.open(silent.app.metrics)
  health.begin(silent.app)
  await silent.app.db.pool.query('SELECT')
  door.isSilent = true
  const began = performance.now()
  const shown = samplesIn(await (await get()).text(), '')
  expect(performance.now() - began).toBeLessThan(2_000)
  expect(shown).toMatchObject({ ready: 0, 'pg_pool_connections{state="used"}': expect.any(Number) })
  for (const name of ['queue_depth', 'webhook_events_dead', 'jobs_given_up', 'database_bytes', 'storage_bytes_used']) {
    expect(shown).not.toHaveProperty(name)
  }
})

test('while Postgres is away the rest is shown, within two seconds', async () => {
  await using away = await startTestApp({ databaseUrl: 'postgres://pacer:secret@127.0.0.1:1/pacer' })
  server.open(away.app.metrics)
  const began = performance.now()
  expect(await samples('queue_')).toEqual({})
  expect(await samples('pg_pool_connections')).toMatchObject({ '{state="waiting"}': 0 })
  expect(performance.now() - began).toBeLessThan(2_000)
})
