import { Command } from 'commander'
import { afterAll, afterEach, beforeAll, expect, inject, test, vi } from 'vitest'
import { startTestApp, type TestApp } from '../testing/app.ts'
import { openBucketDoor } from '../testing/bucket-door.ts'
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

/** Runs the command in this process; main.ts turns a failure into exit code 1. */
async function run(...args: string[]): Promise<{ steps: string[]; output: string; failure: string | null }> {
  vi.stubEnv('DATA_DIR', inject('dataDir'))
  const output = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
  const program = new Command().exitOverride()
  addSmoke(program)
  const failure = await program.parseAsync(['smoke', ...args], { from: 'user' }).then(
    () => null,
    (error: Error) => error.message,
  )
  const text = output.mock.calls.map(([part]) => String(part)).join('')
  output.mockRestore()
  return {
    steps: [...text.matchAll(/^│ (.+?) +│ (ok|skipped|failed) +│ +\d+/gm)].map((row) => `${row[1]}: ${row[2]}`),
    output: text,
    failure,
  }
}

const rowsLeft = async (of: TestApp) => [await of.app.db.prisma.activity.count(), await of.app.db.prisma.upload.count()]

const wholeWalk = [
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
]

test('walks through everything, also where only persisted operations are run, and leaves nothing behind', async () => {
  const { steps, output, failure } = await run(`${app.url}/graphql`)
  expect(failure).toBeNull()
  expect(steps).toEqual(wholeWalk.map((name) => `${name}: ok`))
  expect(output).toMatch(/activity ready +│ ok +│ +\d+ +│ .+, 1800 m/)
  expect(output).toMatch(/track .* 61 points/)
  expect(output).toMatch(/credits .* 100 credits/)
  expect(output).toMatch(/plans .* Free, Plus, Pro/)
  expect(await rowsLeft(app)).toEqual([0, 0])
})

test('a token may be given; one that the server refuses ends the walk', async () => {
  expect((await run(app.url, '--token', await app.token('bo@example.com'))).failure).toBeNull()
  const { steps, failure } = await run(app.url, '--token', 'a.b.c')
  expect(steps).toEqual(['health: ok', 'sign in: failed'])
  expect(failure).toContain('The step "sign in" failed. Give --token a fresh session token')
})

test('without a worker it waits no longer than told, says what to do, and cleans up', async () => {
  await using idle = await startTestApp()
  const { steps, output, failure } = await run(idle.url, '--wait', '0')
  expect(steps.slice(-2)).toEqual(['activity ready: failed', 'delete activity: ok'])
  expect(output).toContain('it is still PROCESSING after 0 s')
  expect(failure).toContain('See that a worker runs')
  expect(await rowsLeft(idle)).toEqual([0, 0])
})

test('a bucket that refuses the file is told, and what waits for the file is removed', async () => {
  await using door = await openBucketDoor()
  door.isShutFor = (line) => line.startsWith('PUT')
  await using other = await startTestApp({ config: { bucket: door.bucket } })
  const { steps, failure } = await run(other.url)
  expect(steps.slice(-2)).toEqual(['put file: failed', 'delete activity: ok'])
  expect(failure).toContain('Run `doctor`')
  expect(await rowsLeft(other)).toEqual([0, 0])
})

test('a server that is not there, no address, and no token are told', async () => {
  const away = await run('http://127.0.0.1:1')
  expect(away.steps).toEqual(['health: failed'])
  expect(away.output).toContain('fetch failed')
  expect((await run('localhost:4000')).failure).toContain('is no address of a server')
  vi.stubEnv('CLERK_JWT_KEY', '-----BEGIN PUBLIC KEY-----')
  vi.stubEnv('CLERK_ISSUER', 'https://clerk.example.com')
  expect((await run(app.url)).failure).toContain('Give --token')
})

test('an older server that has no plans is not at fault', async () => {
  const real = fetch
  vi.stubGlobal('fetch', async (...[input, init]: Parameters<typeof fetch>) => {
    const isPlans = String(init?.body).includes(plansHash)
    if (!isPlans) return real(input, init)
    return Response.json({ errors: [{ message: 'Cannot query', extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }] })
  })
  const { readManifest } = await import('../app/graphql/known-operations.ts')
  const [plansHash = ''] = [...readManifest()].find(([, text]) => text.startsWith('query PlansAndUsage')) ?? []
  const { steps, failure } = await run(app.url)
  vi.unstubAllGlobals()
  expect([steps.at(-2), failure]).toEqual(['plans: skipped', null])
})
