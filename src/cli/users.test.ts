import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, test, vi } from 'vitest'
import { developmentIdentity } from '../dev/identity.ts'
import { startTestApp, type TestApp, testKeys, testWebhookSecret } from '../testing/app.ts'
import { type ClerkStandIn, clerkAddresses, clerkPerson, startClerk } from '../testing/clerk.ts'
import { startProgram } from '../testing/process.ts'
import { addUsers } from './users.ts'

const secretKey = 'sk_test_secret'

let clerk: ClerkStandIn
let app: TestApp
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pacer-users-'))
})
afterAll(() => rm(folder, { recursive: true }))
beforeEach(async () => {
  clerk = await startClerk()
  const identity = await developmentIdentity(inject('dataDir'))
  app = await startTestApp({
    config: { clerk: { ...identity, requireAuthorizedParty: true, secretKey, apiUrl: clerk.url } },
  })
})
afterEach(async () => {
  process.exitCode = undefined
  vi.restoreAllMocks()
  await app[Symbol.asyncDispose]()
  await clerk[Symbol.asyncDispose]()
})

/** Runs the command in this process, over the test's app, which stays open. */
async function run(...args: string[]): Promise<{ output: string; errors: string; exitCode: unknown }> {
  const output = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
  const errors = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  const program = new Command().exitOverride()
  addUsers(program, async () => ({ ...app.app, [Symbol.asyncDispose]: async () => undefined }))
  process.exitCode = undefined
  const written = ({ mock }: typeof output) => mock.calls.map(([text]) => String(text)).join('')
  try {
    await program.parseAsync(['users', ...args], { from: 'user' })
    return { output: written(output), errors: written(errors), exitCode: process.exitCode }
  } finally {
    process.exitCode = undefined
    output.mockRestore()
    errors.mockRestore()
  }
}

function arrive(id: string, changes: object = {}): void {
  clerk.people.set(id, clerkPerson(id, { ...clerkAddresses([`${id}@example.com`]), ...changes }))
}

async function fileOf(text: string): Promise<string> {
  const file = join(folder, 'people.csv')
  await writeFile(file, text)
  return file
}

test('reconcile prints who differs, at most so many, and never an address', async () => {
  for (const name of ['a', 'b', 'c']) arrive(`user_${name}`)
  const dry = await run('reconcile', '--dry-run', '--rows', '2')
  expect(dry.output).toMatch(/user_a +│ created/)
  expect(dry.output).toMatch(/… and 1 more \(--rows 3 shows all\)/)
  expect(dry.output).toMatch(/created +│ 3/)
  expect(dry.errors).toContain('A dry run: nothing of this was written.')
  expect(dry.errors).toMatch(/100% \| 3 of 3 comparisons \| \d+\/s/)
  expect(await app.app.db.prisma.user.count()).toBe(0)

  const real = await run('reconcile')
  expect(real.output).not.toContain('@')
  expect(real.exitCode).toBeUndefined()
  expect((await run('reconcile')).output).toMatch(/unchanged +│ 3/)
})

test('Ctrl-C ends reconcile after the page, and the next run says that it goes on', async () => {
  for (let at = 0; at < 600; at += 1) arrive(`user_${at}`, { created_at: at })
  clerk.onRequest = (line) => {
    if (line.includes('order_by')) process.emit('SIGINT')
    return null
  }
  const stopped = await run('reconcile')
  expect(stopped).toMatchObject({ exitCode: 130, errors: expect.stringContaining('Stopped. Run the command again') })
  expect(stopped.output).toMatch(/created +│ 500/)
  clerk.onRequest = null
  const rest = await run('reconcile', '--rows', '0')
  expect(rest.errors).toContain(`Goes on where the run of ${app.now.toISOString()} was stopped`)
  expect(rest.output).toMatch(/created +│ 100/)
})

test('Ctrl-C ends the wait for Clerk too', async () => {
  arrive('user_a')
  clerk.onRequest = () => {
    setImmediate(() => process.emit('SIGINT'))
    return { status: 429, headers: { 'retry-after': '300' } }
  }
  expect(await run('reconcile')).toMatchObject({ exitCode: 130 })
})

test('import tells what became of each line, and exits with 1 where one was refused', async () => {
  const file = await fileOf('id,email\n1,a@example.com\n2,secret\n')
  const first = await run('import', file)
  expect(first.exitCode).toBe(1)
  expect(first.output).toMatch(/3 +│ the e-mail is no address/)
  expect(first.output).not.toContain('secret')
  expect(first.output).toMatch(/created +│ 1/)
  expect(await run('import', await fileOf('id,email\n1,a@example.com\n'))).toMatchObject({ exitCode: undefined })
  await expect(run('import', '/nowhere.csv')).rejects.toThrow('The file /nowhere.csv cannot be read.')
})

test('link-clerk lists whom somebody must look at, and counts the others', async () => {
  await run('import', await fileOf('id,email\n1,user_a@example.com\n2,user_b@example.com\n3,c@example.com\n4,\n'))
  arrive('user_a')
  clerk.people.set('user_b', clerkPerson('user_b', clerkAddresses(['user_b@example.com'], 'unverified')))
  const { output } = await run('link-clerk', '--create')
  expect(output).toMatch(/2 +│ not verified +│ user_b/)
  expect(output).toMatch(/linked +│ 1/)
  expect(output).toMatch(/created +│ 1/)
  expect(output).toMatch(/without an address +│ 1/)
})

test('without a secret key it says which one is missing', async () => {
  await app[Symbol.asyncDispose]()
  app = await startTestApp()
  await expect(run('reconcile')).rejects.toThrow('CLERK_SECRET_KEY is not set, and `users reconcile` asks')
  await expect(run('link-clerk')).rejects.toThrow('CLERK_SECRET_KEY is not set')
  await expect(run('reconcile', '--rows', 'x')).rejects.toThrow('It must be a whole number.')
})

test('in production the program runs over what the environment names', async () => {
  arrive('user_a')
  const { endpoint, name, accessKeyId, secretAccessKey } = inject('bucket')
  await using program = startProgram(['src/cli/main.ts', 'users', 'reconcile'], {
    NODE_ENV: 'production',
    DATABASE_URL: app.databaseUrl,
    CLERK_SECRET_KEY: secretKey,
    CLERK_API_URL: clerk.url,
    CLERK_ISSUER: 'https://clerk.example.com',
    CLERK_AUTHORIZED_PARTIES: 'https://app.example.com',
    CLERK_WEBHOOK_SECRET: testWebhookSecret,
    R2_ENDPOINT: endpoint,
    R2_BUCKET_NAME: name,
    R2_ACCESS_KEY_ID: accessKeyId,
    R2_SECRET_ACCESS_KEY: secretAccessKey,
    EMAIL_ENC_KEY: testKeys.encryptionKeys.join(','),
    EMAIL_INDEX_KEY: testKeys.indexKey,
    CORS_ORIGINS: 'https://app.example.com',
    ALLOWED_HOSTS: 'api.example.com',
  })
  expect([await program.ended, program.errors()]).toEqual([0, expect.stringContaining('2 of 2 comparisons')])
  expect(program.output()).toMatch(/user_a +│ created/)
  expect(await app.app.db.prisma.user.count({ where: { clerkId: 'user_a' } })).toBe(1)
})
