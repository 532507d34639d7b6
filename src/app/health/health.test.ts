import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer, type Socket } from 'node:net'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import packageJson from '../../../package.json' with { type: 'json' }
import { migrate } from '../../platform/database/migrate.ts'
import { startTestApp, type TestApp } from '../../testing/app.ts'
import { startBucketProxy } from '../../testing/bucket-proxy.ts'
import { createHealth } from './health.ts'
import { defaultCheckMs } from './health-checks.ts'
import { serveMetrics } from './metrics-server.ts'

const read = async (url: string, path?: 'live' | 'ready') => {
  const response = await fetch(`${url}/health${path ? `/${path}` : ''}`)
  return { status: response.status, cache: response.headers.get('cache-control'), body: await response.json() }
}

const allOk = { database: 'ok', storage: 'ok', queue: 'ok', migrations: 'ok' }

/** An empty database on the Postgres of the tests. */
async function createEmptyDatabase(): Promise<{ url: string } & AsyncDisposable> {
  const name = `test_${randomBytes(6).toString('hex')}`
  const url = new URL(inject('postgresUrl'))
  url.pathname = `/${name}`
  await asOwner(`CREATE DATABASE ${name}`)
  return { url: url.href, [Symbol.asyncDispose]: () => asOwner(`DROP DATABASE ${name} WITH (FORCE)`) }
}

async function asOwner(sql: string): Promise<void> {
  const client = new Client({ connectionString: inject('postgresUrl') })
  await client.connect()
  await client.query(sql)
  await client.end()
}

describe('on the public port', () => {
  let app: TestApp
  beforeAll(async () => {
    app = await startTestApp()
  })
  afterAll(() => app[Symbol.asyncDispose]())

  test('a serving process is live and ready, and the responses are not cached', async () => {
    expect(await read(app.url, 'live')).toEqual({ status: 200, cache: 'no-store', body: { status: 'live' } })
    expect(await read(app.url, 'ready')).toEqual({ status: 200, cache: 'no-store', body: { status: 'ready' } })
  })

  test('readiness takes at most one statement a second, whatever the number of requests', async () => {
    await using fresh = await startTestApp({ databaseUrl: app.databaseUrl })
    const statements: unknown[] = []
    const { pool } = fresh.app.db
    pool.on('acquire', (client) => statements.push(client))
    const answers = await Promise.all(Array.from({ length: 50 }, () => read(fresh.url, 'ready')))
    for (let n = 0; n < 20; n += 1) answers.push(await read(fresh.url, 'ready'))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
    expect(statements).toHaveLength(1)
  })

  test.each(['', '/live', '/ready'])('/health%s accepts GET and HEAD only', async (path) => {
    const url = `${app.url}/health${path}`
    expect((await fetch(url, { method: 'HEAD' })).status).toBe(200)
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
      const answer = await fetch(url, { method })
      expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
    }
  })
})

test('a process is not ready with an empty database, and ready once it is migrated', async () => {
  await using empty = await createEmptyDatabase()
  await using app = await startTestApp({ databaseUrl: empty.url })
  expect(await read(app.url, 'live')).toMatchObject({ status: 200 })
  expect(await read(app.url, 'ready')).toMatchObject({
    status: 503,
    body: { status: 'not ready', reason: 'migrations are missing' },
  })
  expect(await read(app.url)).toMatchObject({
    status: 503,
    body: { checks: { ...allOk, migrations: 'failed', queue: 'failed' } },
  })
  await migrate({ url: empty.url })
  await expect.poll(async () => (await read(app.url, 'ready')).status, { timeout: 2_000 }).toBe(200)
})

describe('while Postgres is unavailable', () => {
  const unavailable = { status: 503, body: { status: 'not ready', reason: 'the database does not answer' } }

  test('a process is live and not ready: connection refused', async () => {
    await using app = await startTestApp({ databaseUrl: 'postgres://pacer:secret@127.0.0.1:1/pacer' })
    const began = performance.now()
    expect(await read(app.url, 'ready')).toMatchObject(unavailable)
    expect(performance.now() - began).toBeLessThan(2_000)
    expect(await read(app.url, 'live')).toMatchObject({ status: 200 })
  })

  test('a process is not ready within two seconds: connections are accepted and stall', async () => {
    const sockets: Socket[] = []
    const stalled = createServer((socket) => sockets.push(socket)).listen(0, '127.0.0.1')
    await once(stalled, 'listening')
    const { port } = stalled.address() as AddressInfo
    const databaseUrl = `postgres://pacer:secret@127.0.0.1:${port}/pacer`
    try {
      await using app = await startTestApp({ databaseUrl, healthCheckMs: defaultCheckMs })
      const began = performance.now()
      expect(await read(app.url, 'ready')).toMatchObject(unavailable)
      expect(performance.now() - began).toBeLessThan(2_000)
      for (const socket of sockets) socket.destroy()
    } finally {
      stalled.close()
    }
  })
})

describe('/health', () => {
  test('returns each check and nothing else: on the public port not the version', async () => {
    await using app = await startTestApp()
    expect(await read(app.url)).toEqual({
      status: 200,
      cache: 'no-store',
      body: { status: 'ok', checks: allOk },
    })
  })

  test('an unavailable bucket makes it degraded, and the process stays ready; the check is cached for five seconds', async () => {
    const proxy = await startBucketProxy()
    await using app = await startTestApp({ config: { bucket: proxy.bucket } })
    expect(await read(app.url)).toMatchObject({ status: 200 })
    expect(await read(app.url)).toMatchObject({ status: 200 })
    expect(proxy.requests).toEqual([expect.stringContaining('health/nothing')])
    await proxy[Symbol.asyncDispose]()

    await using later = await startTestApp({ databaseUrl: app.databaseUrl, config: { bucket: proxy.bucket } })
    expect(await read(later.url)).toMatchObject({
      status: 503,
      body: { status: 'degraded', checks: { ...allOk, storage: 'failed' } },
    })
    expect(await read(later.url, 'ready')).toMatchObject({ status: 200 })
  })

  test.each([
    ['refuses the key', { accessKeyId: 'nobody' }],
    ['does not have such a bucket', { name: 'another' }],
  ])('the storage check fails if storage %s', async (_what, change) => {
    await using app = await startTestApp({ config: { bucket: { ...inject('bucket'), ...change } } })
    expect(await read(app.url)).toMatchObject({ status: 503, body: { checks: { ...allOk, storage: 'failed' } } })
  })

  test('a stalled bucket is failed after a second', async () => {
    await using proxy = await startBucketProxy()
    const { promise, resolve } = Promise.withResolvers<void>()
    proxy.onRequest = () => promise
    await using app = await startTestApp({ config: { bucket: proxy.bucket }, healthCheckMs: defaultCheckMs })
    const began = performance.now()
    expect(await read(app.url)).toMatchObject({ status: 503, body: { checks: { storage: 'failed' } } })
    // With the timeouts and retries of uploads it would take 45 seconds.
    expect(performance.now() - began).toBeLessThan(4_000)
    resolve()
  })

  test('a job that has been due for 15 minutes makes the queue failed', async () => {
    await using app = await startTestApp()
    await app.owner.query(`SELECT graphile_worker.add_job('uploads.sweep', run_at => now() - interval '14 minutes')`)
    expect(await read(app.url)).toMatchObject({ status: 200 })
    await using later = await startTestApp({ databaseUrl: app.databaseUrl })
    await app.owner.query(`UPDATE graphile_worker._private_jobs SET run_at = now() - interval '15 minutes'`)
    expect(await read(later.url)).toMatchObject({ status: 503, body: { checks: { ...allOk, queue: 'failed' } } })
    expect(await read(later.url, 'ready')).toMatchObject({ status: 200 })
  })

  test('while Postgres is unavailable the checks that use it are failed, and the response does not name its host', async () => {
    await using app = await startTestApp({ databaseUrl: 'postgres://pacer:secret@127.0.0.1:1/pacer' })
    expect(await read(app.url)).toEqual({
      status: 503,
      cache: 'no-store',
      body: {
        status: 'degraded',
        checks: { database: 'failed', storage: 'ok', queue: 'failed', migrations: 'failed' },
      },
    })
  })
})

test('the metrics port answers health, and no other request', async () => {
  await using app = await startTestApp()
  const health = createHealth()
  await using served = await serveMetrics(health, { host: '127.0.0.1', port: 0 })
  const url = `http://127.0.0.1:${served.port}`
  expect(await read(url, 'live')).toMatchObject({ status: 200 })
  expect(await read(url, 'ready')).toMatchObject({ status: 503, body: { reason: 'starting' } })
  expect(await read(url)).toMatchObject({ status: 503, body: { status: 'starting', checks: { storage: 'unknown' } } })
  health.begin(app.app)
  expect(await read(url)).toMatchObject({ status: 200, body: { version: packageJson.version, checks: allOk } })
  expect(await read(url, 'ready')).toMatchObject({ status: 200 })
  health.drain()
  expect(await read(url, 'live')).toMatchObject({ status: 200 })
  expect(await read(url, 'ready')).toMatchObject({ status: 503, body: { reason: 'stopping' } })
  expect(await read(url)).toMatchObject({ status: 503, body: { status: 'stopping', checks: allOk } })
  for (const path of ['/', '/graphql', '/health/', '/healthy']) expect((await fetch(url + path)).status).toBe(404)
})
