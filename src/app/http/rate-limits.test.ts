import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { defaultLimits, type Limits } from '../../config/limits.ts'
import { silentLog } from '../../platform/observability/log.ts'
import { createRateLimiter } from '../../platform/rate-limits/rate-limiter.ts'
import { startTestApp, type TestApp } from '../../testing/app.ts'

const minute = (points: number) => ({ points, seconds: 60 })

let app: TestApp
beforeAll(async () => {
  app = await startTestApp()
})
beforeEach(() => app.owner.query('DELETE FROM rate_limits'))
afterAll(() => app[Symbol.asyncDispose]())

/** A process of the same deployment, with other limits. */
const startWith = (limits: Partial<Limits>, trustedProxies: readonly string[] = []) =>
  startTestApp({
    databaseUrl: app.databaseUrl,
    config: { limits: { ...defaultLimits, ...limits }, trustedProxies },
  })

/** The counts in Postgres, per limit. */
const counted = async () => {
  const { rows } = await app.owner.query<{ name: string; points: number }>(
    `SELECT split_part(key, ':', 1) AS name, points FROM rate_limits ORDER BY 1`,
  )
  return Object.fromEntries(rows.map(({ name, points }) => [name, points]))
}

const send = (from: TestApp, headers: Record<string, string> = {}) =>
  fetch(`${from.url}/graphql?query={__typename}`, { headers })

test('an address over its limit gets 429 with Retry-After, as a GraphQL error', async () => {
  await using small = await startWith({ requestsPerAddress: minute(5) })
  for (let n = 0; n < 5; n += 1) expect((await send(small)).status).toBe(200)
  const refused = await send(small, { origin: 'http://localhost:3000' })
  expect(refused.status).toBe(429)
  expect(Number(refused.headers.get('retry-after'))).toSatisfy((seconds: number) => seconds > 50 && seconds <= 60)
  expect(refused.headers.get('access-control-expose-headers')).toContain('retry-after')
  expect(await refused.json()).toMatchObject({ errors: [{ extensions: { code: 'RATE_LIMITED' } }] })
  expect((await fetch(`${small.url}/health/live`)).status).toBe(200)
})

test('processes share their counts', async () => {
  await using one = await startWith({ requestsPerAddress: minute(5) })
  await using other = await startWith({ requestsPerAddress: minute(5) })
  const statuses: number[] = []
  for (let n = 0; n < 8; n += 1) statuses.push((await send(n % 2 ? one : other)).status)
  expect(statuses).toEqual([200, 200, 200, 200, 200, 429, 429, 429])
})

test('a flood writes to Postgres once for each tenth of the limit, and not at all once it is refused', async () => {
  await using small = await startWith({ requestsPerAddress: minute(40) })
  const statuses = await Promise.all(Array.from({ length: 200 }, async () => (await send(small)).status))
  expect(statuses.filter((status) => status === 200)).toHaveLength(40)
  expect(statuses.filter((status) => status === 429)).toHaveLength(160)
  expect(await counted()).toEqual({ 'requests-of-address': 40 })
})

test('usual traffic writes nothing to Postgres', async () => {
  await using usual = await startWith({})
  for (let n = 0; n < 20; n += 1) expect((await usual.query('ada@example.com', '{ me { id } }')).status).toBe(200)
  expect(await counted()).toEqual({})
})

test('clients behind a trusted proxy have separate limits; X-Forwarded-For of an untrusted client is ignored', async () => {
  await using behind = await startWith({ requestsPerAddress: minute(2) }, ['loopback'])
  const from = (address: string) => send(behind, { 'x-forwarded-for': address })
  for (const address of ['198.51.100.1', '1.2.3.4, 198.51.100.1']) expect((await from(address)).status).toBe(200)
  expect((await from('5.6.7.8, 198.51.100.1')).status).toBe(429)
  expect((await from('198.51.100.2')).status).toBe(200)
  for (const address of ['2001:db8::1', '2001:db8::2']) expect((await from(address)).status).toBe(200)
  expect((await from('2001:db8::3')).status).toBe(429)

  await using direct = await startWith({ requestsPerAddress: minute(2) })
  const statuses = []
  for (const n of [1, 2, 3]) statuses.push((await send(direct, { 'x-forwarded-for': `198.51.100.${n}` })).status)
  expect(statuses).toEqual([200, 200, 429])
})

test('each user has a separate limit, on any address', async () => {
  await using small = await startWith({ requestsPerUser: minute(3) })
  for (let n = 0; n < 3; n += 1) expect((await small.query('eve@example.com', '{ me { id } }')).status).toBe(200)
  expect(await small.query('eve@example.com', '{ me { id } }')).toMatchObject({
    status: 429,
    errors: [
      {
        message: expect.stringMatching(/^Rate limit exceeded: 3 requests in 60 s\. Try again in \d+ s\.$/),
        extensions: { code: 'RATE_LIMITED', limit: 'requests-of-user', retryAfterSeconds: expect.any(Number) },
      },
    ],
  })
  expect((await small.query('bob@example.com', '{ me { id } }')).status).toBe(200)
})

test('each webhook source has a separate limit', async () => {
  await using small = await startWith({ deliveriesPerAddress: minute(2) })
  const deliver = async (source: string) =>
    (await fetch(`${small.url}/webhooks/${source}`, { method: 'POST', body: '{}' })).status
  const statuses = []
  for (const source of ['clerk', 'clerk', 'clerk', 'revenuecat']) statuses.push(await deliver(source))
  expect(statuses).toEqual([400, 400, 429, 401])
})

describe('a costly mutation', () => {
  const aliased = (times: number) =>
    `mutation { ${Array.from({ length: times }, (_, n) => `a${n}: requestDataExport(input: { idempotencyKey: "k" }) { __typename }`).join(' ')} }`

  test('has a separate limit, counted by its calls under any alias', async () => {
    expect((await app.query('zoe@example.com', aliased(20))).status).toBe(200)
    expect(await app.query('zoe@example.com', aliased(11))).toMatchObject({
      status: 429,
      errors: [{ extensions: { code: 'RATE_LIMITED', limit: 'requestDataExport' } }],
    })
    expect((await app.query('zoe@example.com', '{ me { id } }')).status).toBe(200)
    expect((await app.query('yan@example.com', aliased(1))).status).toBe(200)
  })

  test('is counted in fragments', async () => {
    const calls = aliased(40).replace('mutation', 'fragment F on Mutation')
    expect((await app.query('xia@example.com', `mutation { ...F ... { ...F } } ${calls}`)).status).toBe(429)
  })
})

describe('while Postgres is unavailable', () => {
  test('each process counts by itself, and no request fails', async () => {
    const pool = { query: () => Promise.reject(new Error('unavailable')) } as never
    const limiter = createRateLimiter({ pool, log: silentLog })
    const take = () => limiter.take({ name: 'x', ...minute(3) }, 'somebody')
    expect([await take(), await take(), await take()]).toEqual([null, null, null])
    expect(await take()).toBeGreaterThan(50)
  })

  test('take resolves within a timeout if Postgres does not answer', async () => {
    const limiter = createRateLimiter({ pool: { query: () => new Promise(() => undefined) } as never, log: silentLog })
    const began = performance.now()
    expect(await limiter.take({ name: 'x', ...minute(1) }, 'somebody')).toBeNull()
    expect(performance.now() - began).toBeLessThan(2_000)
  })
})

test('platform.prune-rate-limits deletes expired counters only', async () => {
  await app.owner.query(`INSERT INTO rate_limits VALUES
    ('expired', 1, (extract(epoch FROM now()) - 120) * 1000), ('counts', 1, (extract(epoch FROM now()) + 5) * 1000)`)
  await app.runJob('platform.prune-rate-limits')
  expect((await app.owner.query('SELECT key FROM rate_limits')).rows).toEqual([{ key: 'counts' }])
})
