import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, inject, test, vi } from 'vitest'
import { createAdapters } from '../app/adapters.ts'
import type { Config } from '../config/config.ts'
import type { Environment } from '../config/env.ts'
import { allSettings } from '../config/settings.ts'
import { startTestApp, type TestApp, testKeys, testWebhookSecret } from '../testing/app.ts'
import { startBucketProxy } from '../testing/bucket-proxy.ts'
import { type FakeClerk, makeClerkKey, startClerk } from '../testing/clerk.ts'
import { startCollector } from '../testing/collector.ts'
import { type FakeGoogle, startGoogle } from '../testing/google.ts'
import { type FakeGroq, startGroq } from '../testing/groq.ts'
import { type FakePexels, startPexels } from '../testing/pexels.ts'
import { ownerUrlOf } from '../testing/postgres.ts'
import { startProgram } from '../testing/process.ts'
import { startRevenueCat } from '../testing/revenuecat.ts'
import { checkAll } from './doctor/check-all.ts'
import { checkConnectionCount } from './doctor/check-connection-count.ts'
import { compareClocks } from './doctor/compare-clocks.ts'
import { newVapidKeys } from './notifications.ts'

const ours = makeClerkKey('ours')

let app: TestApp
let clerk: FakeClerk
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

/** A fake server for the Frontend API of a Clerk instance, which publishes the instance's keys. */
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

interface DoctorInput {
  readonly config?: Partial<Config>
  readonly environment?: Environment
  readonly isClerkEmbedded?: boolean
  readonly workers?: number
  /** Whether the real ffmpeg is inspected: two processes, 0.3 s of CPU. */
  readonly inspectsFfmpeg?: boolean
}

/** The doctor's findings by the name of the check. */
async function find({
  config: changes = {},
  environment = {},
  isClerkEmbedded = false,
  workers = 1,
  inspectsFfmpeg = false,
}: DoctorInput = {}) {
  const { videos } = app.app.config
  const config = {
    ...app.app.config,
    clerk: clerkConfig(),
    videos: inspectsFfmpeg ? videos : { ...videos, ffmpegPath: '/no/ffmpeg' },
    ...changes,
  }
  await using adapters = createAdapters(config)
  const findings = await checkAll({ config, adapters, environment, isClerkEmbedded }, { apis: 1, workers })
  return Object.fromEntries(findings.map(({ what, ...found }) => [what, found]))
}

test('reports ok for every working service and leaves nothing behind', async () => {
  await using proxy = await startBucketProxy()
  const found = await find({ config: { bucket: proxy.bucket, corsOrigins: [] }, inspectsFfmpeg: true })
  expect(Object.values(found).filter(({ state }) => state !== 'ok')).toEqual([])
  expect(found.database?.about).toMatch(/^PostgreSQL \d+\.\d+.* as pacer$/)
  expect(found).toMatchObject({
    migrations: { about: 'all applied' },
    role: { about: 'owns no table' },
    connections: { about: expect.stringMatching(/^1 api × \(5 \+ 1\) \+ 1 worker × \(5 \+ 4\) = 15 of \d+$/) },
    workers: { about: '1 alive' },
    queue: { about: 'no due jobs' },
    bucket: { about: 'put, get and delete work' },
    "bucket's clock": { about: 'agrees with ours' },
    'Clerk secret key': { about: 'works, 0 users' },
    'Clerk signing keys': { about: expect.stringContaining('1 of http') },
  })
  const [put, ...others] = proxy.requests.map((line) => /^(\w+) [^?]*\/(doctor\/[\w-]+)/.exec(line)?.slice(1) ?? line)
  expect(put?.[0]).toBe('PUT')
  expect(others).toEqual(['GET', 'DELETE', 'HEAD'].map((method) => [method, put?.[1]]))
})

test('an unavailable database is one failure that does not show the password', async () => {
  const database = { url: 'postgres://pacer:secret@127.0.0.1:1/pacer', directUrl: 'postgres://o:secret@127.0.0.1:1/p' }
  const found = await find({ config: { database } })
  expect(found.database).toMatchObject({
    state: 'failed',
    about: expect.stringMatching(/^Postgres does not answer: .*ECONNREFUSED/),
    todo: expect.stringContaining('Check that it runs'),
  })
  expect(found['direct address']?.state).toBe('failed')
  expect(found).not.toHaveProperty('migrations')
  expect(JSON.stringify(found)).not.toContain('secret@')
})

test('a missing database is reported as missing, not as a server that does not answer', async () => {
  const at = (changes: Partial<URL>) => {
    const { href: url } = Object.assign(new URL(app.databaseUrl), changes)
    return { database: { url, directUrl: url } }
  }
  const missing = await find({ config: at({ pathname: '/nothing' }) })
  expect(missing.database).toMatchObject({
    about: 'database "nothing" does not exist',
    todo: expect.stringContaining('Check the login, password and database name in DATABASE_URL'),
  })
})

test('reports whether the trace collector accepts spans, refuses them, or is unavailable', async () => {
  await using collector = await startCollector()
  const tracing = {
    endpoint: collector.url,
    headers: 'x-key=right',
    serviceName: 'pacer',
    sampler: 'always_on',
    ratio: 1,
    deployment: 'test',
  }
  const check = async () => (await find({ config: { tracing } }))['trace collector']
  expect(await check()).toMatchObject({ state: 'ok' })
  expect(collector.requests).toEqual(['POST /v1/traces'])
  expect(collector.headers).toMatchObject({ 'x-key': 'right' })
  collector.fault = { status: 401 }
  expect(await check()).toMatchObject({ state: 'failed', about: 'it answered 401' })
  collector.fault = { status: 503 }
  const overloaded = { state: 'failed', about: 'The collector does not answer: it answered 503' }
  expect(await check()).toMatchObject({ ...overloaded, todo: expect.stringContaining('not mean that a key is wrong') })
  await collector.stop()
  expect(await check()).toMatchObject({
    state: 'failed',
    about: expect.stringMatching(/does not answer: fetch failed/),
  })
})

test('reports an owner as the role, pending migrations, and too many processes', async () => {
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

test('warns where a pooler’s connections have JIT, until it is off for the role', async () => {
  const { database } = app.app.config
  // Another host name for the same server, as a pooler has.
  const { hostname } = new URL(database.url)
  const directUrl = database.directUrl.replace(hostname, hostname === 'localhost' ? '127.0.0.1' : 'localhost')
  const check = async () => (await find({ config: { database: { url: database.url, directUrl } } })).JIT
  expect(await check()).toMatchObject({
    state: 'warning',
    todo: expect.stringContaining('ALTER ROLE pacer SET jit = off'),
  })
  const name = new URL(database.url).pathname.slice(1)
  await app.owner.query(`ALTER ROLE pacer IN DATABASE "${name}" SET jit = off`)
  try {
    expect(await check()).toMatchObject({ state: 'ok' })
  } finally {
    await app.owner.query(`ALTER ROLE pacer IN DATABASE "${name}" RESET jit`)
  }
})

test('reports missing workers, late jobs and failed jobs', async () => {
  await using idle = await startTestApp()
  await idle.owner.query(`
    SELECT graphile_worker.add_job('old', run_at => now() - interval '1 hour'), graphile_worker.add_job('bad');
    UPDATE graphile_worker._private_jobs SET attempts = max_attempts
    WHERE task_id = (SELECT id FROM graphile_worker._private_tasks WHERE identifier = 'bad')`)
  expect(await find({ config: { database: idle.app.config.database } })).toMatchObject({
    workers: { state: 'warning', about: 'no heartbeat within the last minute' },
    queue: { state: 'warning', about: '1 due, the oldest for 1h' },
    'failed jobs': { state: 'warning', about: '1 failed after all attempts' },
  })
})

test('says whether a wrong key or an unavailable bucket makes uploads fail', async () => {
  const { bucket } = app.app.config
  const wrongKey = await find({ config: { bucket: { ...bucket, secretAccessKey: 'wrong-secret' } } })
  expect(wrongKey.bucket).toMatchObject({
    state: 'failed',
    about: 'an upload was refused: 403 SignatureDoesNotMatch',
    todo: expect.stringContaining('R2_'),
  })
  expect(JSON.stringify(wrongKey)).not.toContain('wrong-secret')

  const proxy = await startBucketProxy()
  proxy.failsFor = (line) => line.startsWith('GET')
  const failingReads = await find({ config: { bucket: proxy.bucket } })
  const unavailable = {
    state: 'failed',
    about: 'The bucket does not answer: it answered 503',
    todo: expect.stringContaining('not mean that a key is wrong'),
  }
  expect(failingReads.bucket).toMatchObject(unavailable)
  expect(proxy.requests.some((line) => line.startsWith('DELETE'))).toBe(true)

  proxy.failsFor = () => true
  const corsOrigins = ['https://app.example']
  const failing = await find({ config: { bucket: proxy.bucket, corsOrigins } })
  expect(failing).toMatchObject({ bucket: unavailable, 'CORS https://app.example': unavailable })
  await proxy[Symbol.asyncDispose]()
  const unreachable = await find({ config: { bucket: proxy.bucket, corsOrigins } })
  const silent = { ...unavailable, about: expect.stringMatching(/^The bucket does not answer: fetch failed/) }
  expect(unreachable).toMatchObject({ bucket: silent, 'CORS https://app.example': silent })
})

test('sends a CORS preflight request for each configured origin', async () => {
  const rule: Record<string, string> = {
    'https://all.example': 'content-type, content-disposition, content-md5, if-none-match',
    'https://few.example': 'content-type',
  }
  const server = createServer((request, response) => {
    const { origin = '' } = request.headers
    if (origin === 'https://any.example') {
      const everything = ['origin', 'methods', 'headers'].map((name) => [`access-control-allow-${name}`, '*'])
      return response.writeHead(204, Object.fromEntries(everything)).end()
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
  const inDevelopment = await find({ config: { corsOrigins, bucket } })
  server.close()
  expect(found).toMatchObject({
    'CORS https://all.example': { state: 'ok' },
    'CORS https://few.example': {
      state: 'failed',
      about: 'these headers are not allowed: content-disposition, content-md5, if-none-match',
    },
    'CORS https://none.example': { state: 'failed', todo: expect.stringContaining('docs/operations.md, R2') },
    'CORS https://any.example': { state: 'warning', about: 'every origin may upload files' },
  })
  expect(inDevelopment['CORS https://any.example']?.state).toBe('ok')
})

test("Clerk's keys must work and belong to one instance", async () => {
  const publishable = (host: string) => `pk_test_${Buffer.from(`${host}$`).toString('base64')}`
  const pem = app.app.config.clerk.jwtKey
  const other = await find({
    config: { clerk: clerkConfig({ jwtKey: pem }) },
    environment: { CLERK_PUBLISHABLE_KEY: publishable('clerk.other.example') },
  })
  expect(other).toMatchObject({
    'Clerk signing keys': { state: 'failed', about: `CLERK_JWT_KEY does not belong to ${issuer.url}` },
    'Clerk publishable key': { state: 'failed', about: `it is for https://clerk.other.example, not for ${issuer.url}` },
  })

  clerk.fault = { status: 401 }
  const refused = await find({ config: { mode: 'production' } })
  clerk.fault = null
  expect(refused).toMatchObject({
    'Clerk secret key': { state: 'failed', todo: expect.stringContaining('CLERK_SECRET_KEY') },
    'Clerk signing keys': { state: 'failed', about: '/v1/jwks answered 401' },
  })
  for (const [fault, reason] of [
    [{ status: 503 }, /^Clerk does not answer: .*(503|Unavailable)/],
    [{ status: 502, body: '<html>Bad gateway' }, /^Clerk does not answer: /],
    [{ status: 429 }, /^Clerk does not answer: .*(429|Too Many)/],
  ] as const) {
    clerk.fault = fault
    const silent = {
      state: 'failed',
      about: expect.stringMatching(reason),
      todo: expect.stringContaining('not mean that a key is wrong'),
    }
    expect(await find()).toMatchObject({ 'Clerk secret key': silent, 'Clerk signing keys': silent })
  }
  clerk.fault = null
  await clerk.stop()
  const unreachable = await find({ config: { clerk: clerkConfig({ issuer: clerk.url }) } })
  await clerk.start()
  const silent = { about: expect.stringMatching(/^Clerk does not answer: .*(fetch failed|ECONNREFUSED)/) }
  expect(unreachable).toMatchObject({ 'Clerk secret key': silent, 'Clerk signing keys': silent })
  expect(unreachable['Clerk secret key']?.todo).not.toContain('CLERK_SECRET_KEY')
  const test = await find({ config: { mode: 'production' } })
  expect(test['Clerk secret key']).toMatchObject({ state: 'warning', todo: expect.stringContaining('sk_live_') })
})

test('checks the RevenueCat key by a request', async () => {
  await using revenueCat = await startRevenueCat()
  const config = { revenueCat: { ...app.app.config.revenueCat, ...revenueCat.config } }
  const works = await find({ config })
  expect(works['RevenueCat key']?.state).toBe('ok')
  expect(works['RevenueCat webhook']?.about).toBe('one Authorization value and one signing secret')
  revenueCat.fault = { status: 401, body: '{"message":"Invalid API key."}' }
  expect((await find({ config }))['RevenueCat key']).toMatchObject({
    state: 'failed',
    about: expect.stringContaining('401, Invalid API key'),
    todo: expect.stringContaining('Copy REVENUECAT_API_KEY again'),
  })
  revenueCat.fault = { status: 503 }
  expect((await find({ config }))['RevenueCat key']).toMatchObject({
    about: 'RevenueCat does not answer: it answered 503',
    todo: expect.stringContaining('not mean that a key is wrong'),
  })
  await revenueCat.stop()
  const unreachable = await find({ config })
  expect(unreachable['RevenueCat key']?.about).toMatch(/^RevenueCat does not answer: fetch failed/)
})

describe('checks the keys of the vendors of videos', () => {
  let groq: FakeGroq
  let google: FakeGoogle
  let pexels: FakePexels
  beforeAll(async () => {
    groq = await startGroq()
    google = await startGoogle()
    pexels = await startPexels()
  })
  afterAll(async () => {
    for (const server of [groq, google, pexels]) await server[Symbol.asyncDispose]()
  })

  const config = () => ({
    videos: { groq: groq.config, google: google.config, pexels: pexels.config, ffmpegPath: undefined, searchPath: '' },
  })

  test('by a request to each', async () => {
    expect(await find({ config: config() })).toMatchObject({
      'Groq key': { state: 'ok', about: 'lists models' },
      'Google key': { state: 'ok', about: 'lists models' },
      'Pexels key': { state: 'ok', about: expect.stringContaining('one of the key') },
    })
    expect([groq.requests, google.requests, pexels.requests]).toEqual([
      ['GET /openai/v1/models'],
      ['GET /v1beta/models?pageSize=1'],
      ['GET /v1/curated?page=1&per_page=1'],
    ])
  })

  test('and says what does not work without them', async () => {
    const found = await find()
    expect(found['Groq key']?.about).toBe('not checked: GROQ_API_KEY is not set, so audio cannot be transcribed')
    expect(found['Google key']).toMatchObject({
      state: 'ok',
      about: expect.stringContaining('GOOGLE_API_KEY is not set'),
    })
    expect(found['Pexels key']).toMatchObject({
      state: 'ok',
      about: expect.stringContaining('PEXELS_API_KEY is not set'),
    })
  })

  test('a wrong key is a failure without the key, and a vendor that does not answer is no wrong key', async () => {
    const wrong = <Vendor extends object>(vendor: Vendor) => ({ ...vendor, apiKey: 'wrong_key_of_test' })
    const { videos } = config()
    const refused = await find({
      config: {
        videos: { ...videos, groq: wrong(videos.groq), google: wrong(videos.google), pexels: wrong(videos.pexels) },
      },
    })
    const failure = (status: number, variable: string) => ({
      state: 'failed',
      about: `it answered ${status}`,
      todo: expect.stringContaining(`Copy ${variable} again`),
    })
    expect(refused).toMatchObject({
      'Groq key': failure(401, 'GROQ_API_KEY'),
      'Google key': failure(400, 'GOOGLE_API_KEY'),
      'Pexels key': failure(401, 'PEXELS_API_KEY'),
    })
    expect(JSON.stringify(refused)).not.toContain('wrong_key_of_test')

    groq.fault = { status: 503 }
    pexels.fault = { status: 429 }
    await google.stop()
    const silent = (about: string) => ({
      about: expect.stringContaining(about),
      todo: expect.stringContaining('not mean that a key is wrong'),
    })
    expect(await find({ config: config() })).toMatchObject({
      'Groq key': silent('Groq does not answer: it answered 503'),
      'Google key': silent('Google does not answer: fetch failed'),
      'Pexels key': silent('Pexels does not answer: it answered 429'),
    })
  })
})

test('a small difference of clocks or connections is a warning, a large one a failure', () => {
  const request = { precisionMs: 1_000, sentAt: 1_000_000, receivedAt: 1_005_000 }
  const clocks = [1_003_000, 999_100, 994_000, 1_095_000].map((at) => compareClocks('a clock', { ...request, at }))
  expect(clocks).toMatchObject([
    { state: 'ok' },
    { state: 'ok' },
    { state: 'warning', about: '5.0 s behind ours' },
    { state: 'failed', about: '90.0 s ahead of ours' },
  ])
  const deployment = { usable: 97, poolSize: 20, apis: 3, workers: 1 }
  expect(checkConnectionCount({ ...deployment, isPooled: false })).toMatchObject({
    state: 'warning',
    about: expect.stringContaining('87 of 97'),
  })
  expect(checkConnectionCount({ ...deployment, poolSize: 30, isPooled: false }).state).toBe('failed')
  expect(checkConnectionCount({ ...deployment, isPooled: true })).toMatchObject({
    state: 'ok',
    about: '3 api × 1 + 1 worker × 4 = 7 of 97, not counting connections through the pooler',
  })
})

test('in production it checks the configured services, prints no secrets, and exits with 1 if a check fails', async () => {
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
  expect(program.output()).toMatch(/environment +│ ok +│ valid for production/)
  expect(program.output()).toMatch(/bucket +│ failed/)
  expect(program.errors()).toMatch(/\d of \d+ checks failed/)
  for (const secret of ['not the right one', 'sk_test_secret', testWebhookSecret, testKeys.indexKey]) {
    expect(program.output() + program.errors()).not.toContain(secret)
  }
})

test('an error that quotes a secret is shown without it', async () => {
  await using collector = await startCollector()
  const unused = { serviceName: 'pacer', sampler: 'always_on', ratio: 1, deployment: 'test' }
  for (const value of ['firsthalf%0Asecond-half', 'Bearer firsthalf%0Asecond-half']) {
    // No header may contain a line break, and the error quotes the whole value.
    const headers = `x-team=pacer,authorization=${value}`
    const tracing = { ...unused, endpoint: collector.url, headers }
    const found = await find({ config: { tracing }, environment: { OTEL_EXPORTER_OTLP_HEADERS: headers } })
    expect(found['trace collector']).toMatchObject({ state: 'failed', about: expect.stringContaining('[secret]') })
    expect(JSON.stringify(found)).not.toMatch(/firsthalf|second-half/)
  }
})

test('no value of a secret variable is printed', async () => {
  const { endpoint, name, accessKeyId } = inject('bucket')
  await using collector = await startCollector()
  const vapid = newVapidKeys()
  const secrets: Record<string, string> = {
    DATABASE_URL: 'postgres://pacer:password-of-pacer@127.0.0.1:1/pacer',
    DIRECT_URL: 'postgres://owner:password-of-owner@127.0.0.1:1/pacer',
    CRON_SECRET: 'a secret of the cron that has 32 characters',
    CLERK_SECRET_KEY: 'sk_test_secret',
    CLERK_WEBHOOK_SECRET: testWebhookSecret,
    REVENUECAT_API_KEY: 'sk_revenuecat_one',
    REVENUECAT_API_KEY_V2: 'sk_revenuecat_two',
    REVENUECAT_WEBHOOK_AUTHORIZATION: 'Bearer the authorization of the webhook',
    REVENUECAT_WEBHOOK_SECRET: 'the signing secret of the webhook',
    R2_SECRET_ACCESS_KEY: 'not the right one',
    EMAIL_ENC_KEY: testKeys.encryptionKeys.join(','),
    EMAIL_INDEX_KEY: testKeys.indexKey,
    OTEL_EXPORTER_OTLP_HEADERS: 'x-team=key-of-the-collector',
    GROQ_API_KEY: 'gsk_of_the_doctor',
    GOOGLE_API_KEY: 'key of google',
    PEXELS_API_KEY: 'key of pexels',
    VAPID_PRIVATE_KEY: vapid.privateKey,
  }
  expect(Object.keys(secrets).sort()).toEqual(allSettings.flatMap(({ name, secret }) => (secret ? name : [])).sort())
  await using program = startProgram(['src/cli/main.ts', 'doctor'], {
    NODE_ENV: 'production',
    ...secrets,
    CLERK_API_URL: clerk.url,
    CLERK_ISSUER: issuer.url,
    CLERK_AUTHORIZED_PARTIES: 'https://app.example.com',
    REVENUECAT_PROJECT_ID: 'proj1',
    REVENUECAT_API_URL: 'http://127.0.0.1:1',
    GROQ_API_URL: 'http://127.0.0.1:1',
    GOOGLE_API_URL: 'http://127.0.0.1:1',
    PEXELS_API_URL: 'http://127.0.0.1:1',
    VAPID_PUBLIC_KEY: vapid.publicKey,
    VAPID_SUBJECT: 'mailto:push@example.com',
    R2_ENDPOINT: endpoint,
    R2_BUCKET_NAME: name,
    R2_ACCESS_KEY_ID: accessKeyId,
    CORS_ORIGINS: 'https://app.example.com',
    ALLOWED_HOSTS: 'api.example.com',
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
  })
  expect(await program.ended).toBe(1)
  const written = program.output() + program.errors()
  expect(written).toMatch(/RevenueCat key +│ failed/)
  for (const part of ['password-of-', 'key-of-the-collector', ...Object.values(secrets)]) {
    expect(written).not.toContain(part)
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
