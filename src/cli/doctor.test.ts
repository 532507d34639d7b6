import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, expect, inject, test, vi } from 'vitest'
import { createAdapters } from '../app/adapters.ts'
import type { Config } from '../config/config.ts'
import type { Environment } from '../config/env.ts'
import { startTestApp, type TestApp, testKeys, testWebhookSecret } from '../testing/app.ts'
import { openBucketDoor } from '../testing/bucket-door.ts'
import { type ClerkStandIn, makeClerkKey, startClerk } from '../testing/clerk.ts'
import { startCollector } from '../testing/collector.ts'
import { ownerUrlOf } from '../testing/postgres.ts'
import { startProgram } from '../testing/process.ts'
import { startRevenueCat } from '../testing/revenuecat.ts'
import { examine } from './doctor/examine.ts'
import { judgeClock } from './doctor/judge-clock.ts'
import { judgePool } from './doctor/judge-pool.ts'

const ours = makeClerkKey('ours')

let app: TestApp
let clerk: ClerkStandIn
let issuer: Awaited<ReturnType<typeof startIssuer>>
beforeAll(async () => {
  app = await startTestApp({ worker: true })
  await vi.waitFor(async () => expect(await app.app.db.prisma.workerHeartbeat.count()).toBe(1), {
    timeout: 10_000,
    interval: 20,
  })
  clerk = await startClerk()
  clerk.keys.push(ours)
  issuer = await startIssuer()
})
afterEach(() => vi.restoreAllMocks())
afterAll(async () => {
  await issuer[Symbol.asyncDispose]()
  await clerk[Symbol.asyncDispose]()
  await app[Symbol.asyncDispose]()
})

/** The frontend API of a Clerk instance publishes its keys to everybody. */
async function startIssuer() {
  const server = createServer((_request, response) => response.end(JSON.stringify({ keys: [ours.jwk] })))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.close()
      await once(server, 'close')
    },
  }
}

const clerkConfig = (changes: Partial<Config['clerk']> = {}) => ({
  ...app.app.config.clerk,
  jwtKey: undefined,
  secretKey: 'sk_test_secret',
  apiUrl: clerk.url,
  issuer: issuer.url,
  ...changes,
})

interface Wish {
  readonly config?: Partial<Config>
  readonly environment?: Environment
  readonly isClerkEmbedded?: boolean
  readonly workers?: number
}

/** What the doctor finds, by what it looked at. */
async function find({ config: changes = {}, environment = {}, isClerkEmbedded = false, workers = 1 }: Wish = {}) {
  const config = { ...app.app.config, clerk: clerkConfig(), ...changes }
  await using adapters = createAdapters(config)
  const findings = await examine({ config, adapters, environment, isClerkEmbedded }, { apis: 1, workers })
  return Object.fromEntries(findings.map(({ what, ...found }) => [what, found]))
}

test('where all is well it says so of each thing, and leaves nothing behind', async () => {
  await using door = await openBucketDoor()
  const found = await find({ config: { bucket: door.bucket, corsOrigins: [] } })
  expect(Object.values(found).filter(({ state }) => state !== 'ok')).toEqual([])
  expect(found.database?.about).toMatch(/^PostgreSQL \d+\.\d+.* as pacer$/)
  expect(found).toMatchObject({
    migrations: { about: 'all are applied' },
    role: { about: 'owns no table' },
    connections: { about: expect.stringMatching(/^1 api × \(5 \+ 1\) \+ 1 worker × \(5 \+ 7\) = 18 of \d+$/) },
    workers: { about: '1 alive' },
    queue: { about: 'nothing waits' },
    bucket: { about: 'put, get and delete work' },
    "bucket's clock": { about: 'agrees with ours' },
    'Clerk secret key': { about: 'works, 0 people' },
    'Clerk signing keys': { about: expect.stringContaining('1 of http') },
  })
  const [put, ...others] = door.requests.map((line) => /^(\w+) [^?]*\/(doctor\/[\w-]+)/.exec(line)?.slice(1) ?? line)
  expect(put?.[0]).toBe('PUT')
  expect(others).toEqual(['GET', 'DELETE', 'HEAD'].map((method) => [method, put?.[1]]))
})

test('a database that is away is one failure, and keeps its password', async () => {
  const database = { url: 'postgres://pacer:secret@127.0.0.1:1/pacer', directUrl: 'postgres://o:secret@127.0.0.1:1/p' }
  const found = await find({ config: { database } })
  expect(found.database).toMatchObject({
    state: 'failed',
    about: expect.stringMatching(/^Postgres does not answer: .*ECONNREFUSED/),
    todo: expect.stringContaining('See that it runs'),
  })
  expect(found['direct address']?.state).toBe('failed')
  expect(found).not.toHaveProperty('migrations')
  expect(JSON.stringify(found)).not.toContain('secret@')
})

test('a database that does not exist is an answer, no silence', async () => {
  const at = (changes: Partial<URL>) => {
    const { href: url } = Object.assign(new URL(app.databaseUrl), changes)
    return { database: { url, directUrl: url } }
  }
  const missing = await find({ config: at({ pathname: '/nothing' }) })
  expect(missing.database).toMatchObject({
    about: 'database "nothing" does not exist',
    todo: expect.stringContaining('DATABASE_URL has the right login'),
  })
})

test('a collector of traces is greeted, refuses, or is away', async () => {
  await using collector = await startCollector()
  const tracing = {
    endpoint: collector.url,
    headers: 'x-key=right',
    serviceName: 'pacer',
    sampler: 'always_on',
    ratio: 1,
    deployment: 'test',
  }
  const judged = async () => (await find({ config: { tracing } }))['collector of traces']
  expect(await judged()).toMatchObject({ state: 'ok' })
  expect(collector.requests).toEqual(['POST /v1/traces'])
  expect(collector.headers).toMatchObject({ 'x-key': 'right' })
  collector.trouble = { status: 401 }
  expect(await judged()).toMatchObject({ state: 'failed', about: 'it answers 401' })
  collector.trouble = { status: 503 }
  const full = { state: 'failed', about: 'The collector does not answer: it answered 503' }
  expect(await judged()).toMatchObject({ ...full, todo: expect.stringContaining('No key is wrong') })
  await collector.stop()
  expect(await judged()).toMatchObject({
    state: 'failed',
    about: expect.stringMatching(/does not answer: fetch failed/),
  })
})

test('it tells of an owner as the role, of missing migrations, and of too many processes', async () => {
  await app.owner.query("UPDATE _prisma_migrations SET rolled_back_at = now() WHERE migration_name LIKE '%main_job'")
  try {
    const owner = ownerUrlOf(app.databaseUrl)
    const found = await find({ config: { database: { url: owner, directUrl: owner } }, workers: 1_000 })
    expect(found).toMatchObject({
      role: { state: 'warning', todo: expect.stringContaining('docs/operations.md, Postgres') },
      migrations: { state: 'failed', about: expect.stringMatching(/^1 missing, from \d+_main_job on$/) },
      connections: { state: 'failed', todo: expect.stringContaining('DB_POOL_SIZE') },
    })
    const willMigrate = await find({ config: { autoMigrate: true } })
    expect(willMigrate.migrations?.state).toBe('warning')
  } finally {
    await app.owner.query('UPDATE _prisma_migrations SET rolled_back_at = NULL')
  }
})

test('it tells of silent workers, of jobs that wait and of those that were given up', async () => {
  await using quiet = await startTestApp()
  await quiet.owner.query(`
    SELECT graphile_worker.add_job('old', run_at => now() - interval '1 hour'), graphile_worker.add_job('bad');
    UPDATE graphile_worker._private_jobs SET attempts = max_attempts
    WHERE task_id = (SELECT id FROM graphile_worker._private_tasks WHERE identifier = 'bad')`)
  expect(await find({ config: { database: quiet.app.config.database } })).toMatchObject({
    workers: { state: 'warning', about: 'none was heard of for a minute' },
    queue: { state: 'warning', about: '1 due, the oldest for 1h' },
    'failed jobs': { state: 'warning', about: '1 were given up' },
  })
})

test('of a bucket it says why not: the key, the door, the rule', async () => {
  const { bucket } = app.app.config
  const stranger = await find({ config: { bucket: { ...bucket, secretAccessKey: 'wrong' } } })
  expect(stranger.bucket).toMatchObject({
    state: 'failed',
    about: 'it refused a file: 403 SignatureDoesNotMatch',
    todo: expect.stringContaining('R2_'),
  })
  expect(JSON.stringify(stranger)).not.toContain('wrong')

  const door = await openBucketDoor()
  door.isShutFor = (line) => line.startsWith('GET')
  const shut = await find({ config: { bucket: door.bucket } })
  const away = {
    state: 'failed',
    about: 'The bucket does not answer: it answered 503',
    todo: expect.stringContaining('No key is wrong'),
  }
  expect(shut.bucket).toMatchObject(away)
  expect(door.requests.some((line) => line.startsWith('DELETE'))).toBe(true)

  door.isShutFor = () => true
  const corsOrigins = ['https://app.example']
  const closed = await find({ config: { bucket: door.bucket, corsOrigins } })
  expect(closed).toMatchObject({ bucket: away, 'CORS https://app.example': away })
  await door[Symbol.asyncDispose]()
  const gone = await find({ config: { bucket: door.bucket, corsOrigins } })
  const silent = { ...away, about: expect.stringMatching(/^The bucket does not answer: fetch failed/) }
  expect(gone).toMatchObject({ bucket: silent, 'CORS https://app.example': silent })
})

test('each origin is asked for by a preflight of its own', async () => {
  const rule: Record<string, string> = {
    'https://all.example': 'content-type, content-disposition, content-md5, if-none-match',
    'https://few.example': 'content-type',
  }
  const server = createServer((request, response) => {
    const { origin = '' } = request.headers
    if (origin === 'https://any.example') {
      const anything = ['origin', 'methods', 'headers'].map((name) => [`access-control-allow-${name}`, '*'])
      return response.writeHead(204, Object.fromEntries(anything)).end()
    }
    if (request.method !== 'OPTIONS' || !rule[origin]) return response.writeHead(403).end()
    const allowed = { 'access-control-allow-origin': origin, 'access-control-allow-methods': 'GET, PUT' }
    response.writeHead(204, { ...allowed, 'access-control-allow-headers': rule[origin] }).end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const corsOrigins = [...Object.keys(rule), 'https://none.example', 'https://any.example']
  const bucket = { ...app.app.config.bucket, endpoint }
  const found = await find({ config: { corsOrigins, bucket, mode: 'production' } })
  const developing = await find({ config: { corsOrigins, bucket } })
  server.close()
  expect(found).toMatchObject({
    'CORS https://all.example': { state: 'ok' },
    'CORS https://few.example': {
      state: 'failed',
      about: 'these headers are not allowed: content-disposition, content-md5, if-none-match',
    },
    'CORS https://none.example': { state: 'failed', todo: expect.stringContaining('docs/operations.md, R2') },
    'CORS https://any.example': { state: 'warning', about: 'every page may send files' },
  })
  expect(developing['CORS https://any.example']?.state).toBe('ok')
})

test("Clerk's keys must work, and be of one instance", async () => {
  const publishable = (host: string) => `pk_test_${Buffer.from(`${host}$`).toString('base64')}`
  const pem = app.app.config.clerk.jwtKey
  const other = await find({
    config: { clerk: clerkConfig({ jwtKey: pem }) },
    environment: { CLERK_PUBLISHABLE_KEY: publishable('clerk.other.example') },
  })
  expect(other).toMatchObject({
    'Clerk signing keys': { state: 'failed', about: `CLERK_JWT_KEY is none of ${issuer.url}` },
    'Clerk publishable key': { state: 'failed', about: `it is for https://clerk.other.example, not for ${issuer.url}` },
  })

  clerk.trouble = { status: 401 }
  const refused = await find({ config: { mode: 'production' } })
  clerk.trouble = null
  expect(refused).toMatchObject({
    'Clerk secret key': { state: 'failed', todo: expect.stringContaining('CLERK_SECRET_KEY') },
    'Clerk signing keys': { state: 'failed', about: '/v1/jwks answered 401' },
  })
  for (const [trouble, reason] of [
    [{ status: 503 }, /^Clerk does not answer: .*(503|Unavailable)/],
    [{ status: 502, body: '<html>Bad gateway' }, /^Clerk does not answer: /],
    [{ status: 429 }, /^Clerk does not answer: .*(429|Too Many)/],
  ] as const) {
    clerk.trouble = trouble
    const silent = { state: 'failed', about: expect.stringMatching(reason), todo: expect.stringContaining('No key is') }
    expect(await find()).toMatchObject({ 'Clerk secret key': silent, 'Clerk signing keys': silent })
  }
  clerk.trouble = null
  await clerk.stop()
  const gone = await find({ config: { clerk: clerkConfig({ issuer: clerk.url }) } })
  await clerk.start()
  const silent = { about: expect.stringMatching(/^Clerk does not answer: .*(fetch failed|ECONNREFUSED)/) }
  expect(gone).toMatchObject({ 'Clerk secret key': silent, 'Clerk signing keys': silent })
  expect(gone['Clerk secret key']?.todo).not.toContain('CLERK_SECRET_KEY')
  const test = await find({ config: { mode: 'production' } })
  expect(test['Clerk secret key']).toMatchObject({ state: 'warning', todo: expect.stringContaining('sk_live_') })
})

test('a key of RevenueCat is tried', async () => {
  await using revenueCat = await startRevenueCat()
  const config = { revenueCat: { ...app.app.config.revenueCat, ...revenueCat.config } }
  const works = await find({ config })
  expect(works['RevenueCat key']?.state).toBe('ok')
  expect(works['RevenueCat webhook']?.about).toBe('one Authorization value and one signing secret')
  revenueCat.trouble = { status: 401, body: '{"message":"Invalid API key."}' }
  expect((await find({ config }))['RevenueCat key']).toMatchObject({
    state: 'failed',
    about: expect.stringContaining('401, Invalid API key'),
    todo: expect.stringContaining('Copy REVENUECAT_API_KEY anew'),
  })
  revenueCat.trouble = { status: 503 }
  expect((await find({ config }))['RevenueCat key']).toMatchObject({
    about: 'RevenueCat does not answer: it answered 503',
    todo: expect.stringContaining('No key is wrong'),
  })
  await revenueCat.stop()
  const gone = await find({ config })
  expect(gone['RevenueCat key']?.about).toMatch(/^RevenueCat does not answer: fetch failed/)
})

test('clocks and connections are judged by how far they are off', () => {
  const asked = { precisionMs: 1_000, askedAt: 1_000_000, answeredAt: 1_005_000 }
  const tellings = [1_003_000, 999_100, 994_000, 1_095_000].map((at) => judgeClock('a clock', { ...asked, at }))
  expect(tellings).toMatchObject([
    { state: 'ok' },
    { state: 'ok' },
    { state: 'warning', about: '5.0 s behind ours' },
    { state: 'failed', about: '90.0 s ahead of ours' },
  ])
  const house = { usable: 97, poolSize: 20, apis: 3, workers: 1 }
  expect(judgePool({ ...house, isPooled: false })).toMatchObject({
    state: 'warning',
    about: expect.stringContaining('90 of 97'),
  })
  expect(judgePool({ ...house, poolSize: 30, isPooled: false }).state).toBe('failed')
  expect(judgePool({ ...house, isPooled: true })).toMatchObject({
    state: 'ok',
    about: '3 api × 1 + 1 worker × 7 = 10 of 97, the others go through the pooler',
  })
})

test('in production the program looks at what the environment names, prints no secret, and exits with 1 for a failure', async () => {
  const { endpoint, name, accessKeyId } = inject('bucket')
  await using program = startProgram(['src/cli/main.ts', 'doctor'], {
    NODE_ENV: 'production',
    DATABASE_URL: app.databaseUrl,
    CLERK_SECRET_KEY: 'sk_test_secret',
    CLERK_API_URL: clerk.url,
    CLERK_ISSUER: issuer.url,
    CLERK_AUTHORIZED_PARTIES: 'https://app.example.com',
    CLERK_WEBHOOK_SECRET: testWebhookSecret,
    R2_ENDPOINT: endpoint,
    R2_BUCKET_NAME: name,
    R2_ACCESS_KEY_ID: accessKeyId,
    R2_SECRET_ACCESS_KEY: 'not the right one',
    EMAIL_ENC_KEY: testKeys.encryptionKeys.join(','),
    EMAIL_INDEX_KEY: testKeys.indexKey,
    CORS_ORIGINS: 'https://app.example.com',
    ALLOWED_HOSTS: 'api.example.com',
  })
  expect(await program.ended).toBe(1)
  expect(program.output()).toMatch(/environment +│ ok +│ fits production/)
  expect(program.output()).toMatch(/bucket +│ failed/)
  expect(program.errors()).toMatch(/\d of \d+ failed: see what to do above/)
  for (const secret of ['not the right one', 'sk_test_secret', testWebhookSecret, testKeys.indexKey]) {
    expect(program.output() + program.errors()).not.toContain(secret)
  }
})

test('an environment that does not fit is told with all its problems, and nothing else is looked at', async () => {
  await using program = startProgram(['src/cli/main.ts', 'doctor'], { NODE_ENV: 'production', PORT: 'x' })
  expect(await program.ended).toBe(1)
  expect(program.output()).toMatch(/environment +│ failed +│ PORT/)
  expect(program.output()).toContain('DATABASE_URL is missing')
  expect(program.output()).not.toContain('│ bucket ')
})

test('in development without a running server it says how to start one', async () => {
  await using program = startProgram(['src/cli/main.ts', 'doctor'], { DATA_DIR: '/tmp/pacer-no-such-folder' })
  expect(await program.ended).toBe(1)
  expect(program.errors()).toContain('Start one with `npm start`')
})
