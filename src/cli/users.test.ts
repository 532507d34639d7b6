import { afterEach, beforeEach, expect, inject, test } from 'vitest'
import { startTestApp, type TestApp, testKeys, testWebhookSecret } from '../testing/app.ts'
import { startAppWithClerk } from '../testing/app-with-clerk.ts'
import { clerkAddresses, clerkUser, type FakeClerk, startClerk } from '../testing/clerk.ts'
import { startProgram } from '../testing/process.ts'
import { keepOpen, runCommand } from '../testing/run-command.ts'
import { addUsers } from './users.ts'

let clerk: FakeClerk
let app: TestApp
beforeEach(async () => {
  clerk = await startClerk()
  app = await startAppWithClerk(clerk)
})
afterEach(async () => {
  await app[Symbol.asyncDispose]()
  await clerk[Symbol.asyncDispose]()
})

const run = (...args: string[]) =>
  runCommand((program) => void addUsers(program, keepOpen(app.app)), ['users', ...args])

function addClerkUser(id: string, changes: object = {}): void {
  clerk.users.set(id, clerkUser(id, { ...clerkAddresses([`${id}@example.com`]), ...changes }))
}

test('reconcile prints the users who differ, up to --rows, without e-mail addresses', async () => {
  for (const name of ['a', 'b', 'c']) addClerkUser(`user_${name}`)
  const dry = await run('reconcile', '--dry-run', '--rows', '2')
  expect(dry.output).toMatch(/user_a +│ created/)
  expect(dry.output).toMatch(/… and 1 more \(--rows 3 shows all\)/)
  expect(dry.output).toMatch(/created +│ 3/)
  expect(dry.errors).toContain('Dry run: nothing was written.')
  expect(dry.errors).toMatch(/100% \| 3 of 3 comparisons \| \d+\/s/)
  expect(await app.app.db.prisma.user.count()).toBe(0)

  const real = await run('reconcile')
  expect(real.output).not.toContain('@')
  expect(real.exitCode).toBeUndefined()
  expect((await run('reconcile')).output).toMatch(/unchanged +│ 3/)
})

test('Ctrl-C stops reconcile after the current page, and the next run continues', async () => {
  for (let at = 0; at < 600; at += 1) addClerkUser(`user_${at}`, { created_at: at })
  clerk.onRequest = (line) => {
    if (line.includes('order_by')) process.emit('SIGINT')
    return null
  }
  const stopped = await run('reconcile')
  expect(stopped).toMatchObject({ exitCode: 130, errors: expect.stringContaining('Stopped. Run the command again') })
  expect(stopped.output).toMatch(/created +│ 500/)
  clerk.onRequest = null
  const rest = await run('reconcile', '--rows', '0')
  expect(rest.errors).toContain(`Continuing the run that stopped at ${app.now.toISOString()}`)
  expect(rest.output).toMatch(/created +│ 100/)
})

test('Ctrl-C stops reconcile while it waits for Clerk', async () => {
  addClerkUser('user_a')
  clerk.onRequest = () => {
    setImmediate(() => process.emit('SIGINT'))
    return { status: 429, headers: { 'retry-after': '300' } }
  }
  expect(await run('reconcile')).toMatchObject({ exitCode: 130 })
})

test('reconcile fails without CLERK_SECRET_KEY and names it', async () => {
  await app[Symbol.asyncDispose]()
  app = await startTestApp()
  expect((await run('reconcile')).failure).toContain('CLERK_SECRET_KEY is not set, and `users reconcile` needs')
  expect((await run('reconcile', '--rows', 'x')).failure).toContain('It must be a whole number.')
})

test('in production reconcile uses the configured services', async () => {
  addClerkUser('user_a')
  const { endpoint, name, accessKeyId, secretAccessKey } = inject('bucket')
  await using program = startProgram(['src/cli/main.ts', 'users', 'reconcile'], {
    NODE_ENV: 'production',
    DATABASE_URL: app.databaseUrl,
    CLERK_SECRET_KEY: 'sk_test_secret',
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
