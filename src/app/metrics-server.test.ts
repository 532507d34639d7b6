import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createMetrics } from '../platform/metrics.ts'
import { startTestApp, type TestApp } from '../testing/app.ts'
import { clerkPerson } from '../testing/clerk.ts'
import { deliver } from '../testing/clerk-webhooks.ts'
import { openWallet } from '../testing/wallet-steps.ts'
import { createHealth } from './health.ts'
import { type MetricsServer, serveMetrics } from './metrics-server.ts'

let app: TestApp
let server: MetricsServer
beforeEach(async () => {
  app = await startTestApp()
  server = await serveMetrics(createHealth(), { host: '127.0.0.1', port: 0 })
})
afterEach(async () => {
  await server[Symbol.asyncDispose]()
  await app[Symbol.asyncDispose]()
})

const get = (path = '/metrics', init?: RequestInit) => fetch(`http://127.0.0.1:${server.port}${path}`, init)

/** The samples that begin so, by what follows. */
async function samples(beginning: string): Promise<Record<string, number>> {
  const lines = (await (await get()).text()).split('\n').filter((line) => line.startsWith(beginning))
  return Object.fromEntries(
    lines.map((line) => {
      const space = line.lastIndexOf(' ')
      return [line.slice(beginning.length, space), Number(line.slice(space + 1))]
    }),
  )
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
    await app.runJob('inbox.process', { id })
    expect(await samples('webhook_events_total')).toEqual({
      '{source="clerk",type="user.created",outcome="received"}': 2,
      '{source="clerk",type="user.created",outcome="duplicate"}': 1,
      '{source="clerk",type="other",outcome="refused"}': 1,
      '{source="clerk",type="other",outcome="received"}': 1,
      '{source="clerk",type="user.created",outcome="applied"}': 1,
      '{source="clerk",type="other",outcome="applied"}': 1,
      '{source="clerk",type="user.created",outcome="failed"}': 1,
      '{source="clerk",type="user.created",outcome="dead"}': 1,
    })
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
    expect(await samples('ledger_')).toEqual({})
    const wallet = await openWallet(app)
    await wallet.gift('2027-01-01', 50)
    await app.runJob('credits.verify-ledger')
    const checked = { last_verified_timestamp_seconds: app.now.getTime() / 1_000, lies: 0 }
    expect(await samples('ledger_')).toEqual({ ...checked, 'verifications_total{outcome="honest"}': 1 })

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

test('while Postgres is away the rest is shown, within two seconds', async () => {
  await using away = await startTestApp({ databaseUrl: 'postgres://pacer:secret@127.0.0.1:1/pacer' })
  server.open(away.app.metrics)
  const began = performance.now()
  expect(await samples('queue_')).toEqual({})
  expect(await samples('pg_pool_connections')).toMatchObject({ '{state="waiting"}': 0 })
  expect(performance.now() - began).toBeLessThan(2_000)
})
