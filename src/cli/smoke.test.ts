import { afterAll, afterEach, beforeAll, expect, inject, test, vi } from 'vitest'
import { grant } from '../domains/credits/index.ts'
import { startTestApp, type TestApp } from '../testing/app.ts'
import { startBucketProxy } from '../testing/bucket-proxy.ts'
import { createUser } from '../testing/factories.ts'
import { runCommand } from '../testing/run-command.ts'
import { addSmoke } from './smoke.ts'

let app: TestApp
beforeAll(async () => {
  app = await startTestApp({ worker: true, config: { persistedOnly: true } })
})
afterEach(() => {
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
})
afterAll(() => app[Symbol.asyncDispose]())

async function run(...args: string[]) {
  vi.stubEnv('DATA_DIR', inject('dataDir'))
  const { output, failure } = await runCommand(addSmoke, ['smoke', ...args])
  const rows = output.matchAll(/^│ (.+?) +│ (ok|skipped|failed) +│ +\d+/gm)
  return { steps: Array.from(rows, ([, step, state]) => `${step}: ${state}`), output, failure }
}

const rowsLeft = async (of: TestApp) => [await of.app.db.prisma.activity.count(), await of.app.db.prisma.upload.count()]

const allSteps = [
  'health',
  'sign in',
  'request upload',
  'put file',
  'complete upload',
  'activity ready',
  'track',
  'credits',
  'plans',
  'delete activity',
  'video template',
  'request audio',
  'put audio',
  'complete audio',
  'generate video',
  'video ready',
  'download video',
  'video credits',
  'delete video',
  'credits kept',
]

test('runs all steps, with persisted operations only, and leaves only the audio file behind', async () => {
  const { steps, output, failure } = await run(`${app.url}/graphql`)
  expect(failure).toBeNull()
  expect(steps).toEqual(allSteps.map((name) => `${name}: ok`))
  expect(output).toMatch(/activity ready +│ ok +│ +\d+ +│ .+, 1800 m/)
  expect(output).toMatch(/track .* 61 points/)
  expect(output).toMatch(/credits .* 100 credits/)
  expect(output).toMatch(/plans .* Free, Plus, Pro/)
  expect(output).toMatch(/video template .* 10 of 100 credits/)
  expect(output).toMatch(/video ready .* 1\.0 s/)
  expect(output).toMatch(/download video .* fast start/)
  expect(output).toMatch(/credits kept .* 90 credits/)
  const { prisma } = app.app.db
  expect(await rowsLeft(app)).toEqual([0, 1])
  expect([await prisma.video.count(), await prisma.upload.count({ where: { kind: 'AUDIO' } })]).toEqual([0, 1])
}, 120_000)

test('accepts a token as an option and fails if the server refuses it', async () => {
  const { id: userId } = await createUser(app, 'bo@example.com')
  const gift = { userId, amount: 9, source: 'GIFTS', key: 'gift', description: 'Gift', now: app.now } as const
  await app.app.db.transaction((tx) => grant(tx, gift))
  const bo = await run(app.url, '--token', await app.token('bo@example.com'))
  expect([bo.steps.at(-1), bo.failure]).toEqual(['video template: skipped', null])
  expect(bo.output).toContain('Waveform costs 10 credits, and the user has 9')
  const { steps, failure } = await run(app.url, '--token', 'a.b.c')
  expect(steps).toEqual(['health: ok', 'sign in: failed'])
  expect(failure).toContain('The step "sign in" failed. Give --token a new session token')
})

test('fails after --wait seconds without a worker, says what to do, and deletes the activity', async () => {
  await using idle = await startTestApp()
  const { steps, output, failure } = await run(idle.url, '--wait', '0')
  expect(steps.slice(-2)).toEqual(['activity ready: failed', 'delete activity: ok'])
  expect(output).toContain('it is still PROCESSING after 0 s')
  expect(failure).toContain('Check that a worker runs')
  expect(await rowsLeft(idle)).toEqual([0, 0])
})

test('fails if the bucket refuses the file, and deletes the waiting upload', async () => {
  await using proxy = await startBucketProxy()
  proxy.failsFor = (line) => line.startsWith('PUT')
  await using other = await startTestApp({ config: { bucket: proxy.bucket } })
  const { steps, failure } = await run(other.url)
  expect(steps.slice(-2)).toEqual(['put file: failed', 'delete activity: ok'])
  expect(failure).toContain('Run `doctor`')
  expect(await rowsLeft(other)).toEqual([0, 0])
})

test('reports an unreachable server, an invalid URL and a missing token', async () => {
  const unreachable = await run('http://127.0.0.1:1')
  expect(unreachable.steps).toEqual(['health: failed'])
  expect(unreachable.output).toContain('fetch failed')
  expect((await run('localhost:4000')).failure).toContain('is not the URL of a server')
  vi.stubEnv('CLERK_JWT_KEY', '-----BEGIN PUBLIC KEY-----')
  vi.stubEnv('CLERK_ISSUER', 'https://clerk.example.com')
  expect((await run(app.url)).failure).toContain('Give --token')
})

test('skips plans and videos if the schema of the server has none', async () => {
  const originalFetch = fetch
  vi.stubGlobal('fetch', async (...[input, init]: Parameters<typeof fetch>) => {
    const isUnknown = hashes.some((hash) => String(init?.body).includes(hash))
    if (!isUnknown) return originalFetch(input, init)
    return Response.json({ errors: [{ message: 'Cannot query', extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }] })
  })
  const { readManifest } = await import('../app/graphql/operation-manifest.ts')
  const unknown = /^query (PlansAndUsage|Videos)\b/
  const hashes = [...readManifest()].flatMap(([hash, text]) => (unknown.test(text) ? [hash] : []))
  const { steps, failure } = await run(app.url)
  vi.unstubAllGlobals()
  expect(steps.slice(-3)).toEqual(['plans: skipped', 'delete activity: ok', 'video template: skipped'])
  expect(failure).toBeNull()
})
