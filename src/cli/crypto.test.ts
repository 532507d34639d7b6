import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createEmails } from '../domains/users/emails.ts'
import { createEncryptor, isKey, newKey } from '../platform/encryption/encryptor.ts'
import { replayEvents } from '../platform/inbox/inbox-replay.ts'
import { startTestApp, type TestApp, testKeys } from '../testing/app.ts'
import { clerkAddresses, clerkUser } from '../testing/clerk.ts'
import { deliver } from '../testing/clerk-webhooks.ts'
import { keepOpen, runCommand } from '../testing/run-command.ts'
import { addCrypto } from './crypto.ts'

const [oldKey = ''] = testKeys.encryptionKeys
const key = newKey()

/** Encrypts with the old key, as the deployment did before the new key was added. */
let app: TestApp
beforeEach(async () => {
  app = await startTestApp()
})
afterEach(async () => {
  vi.restoreAllMocks()
  await app[Symbol.asyncDispose]()
})

/** Runs the command with these keys, newest first. */
function run(args: readonly string[], encryptionKeys = [key, oldKey]) {
  const encryptor = createEncryptor(encryptionKeys)
  return runCommand((program) => addCrypto(program, keepOpen({ ...app.app, encryptor })), ['crypto', ...args])
}

const addressOf = (number: number) => `person${number}@example.com`

/** Creates users by webhook events. Users and events are encrypted with the app's key. */
async function createUsers(count: number): Promise<void> {
  for (let number = 1; number <= count; number += 1) {
    const data = clerkUser(`user_${number}`, clerkAddresses([addressOf(number)]))
    await deliver(app, { type: 'user.created', id: `msg_${number}`, data })
  }
  await app.runDueJobs()
}

/** The rows of `crypto rotate`'s table: re-encrypted, already current, unreadable. */
function table(output: string): Record<string, number[]> {
  const rows = [...output.matchAll(/│ (\w+\.\w+) +│ (\d+) +│ (\d+) +│ (\d+) +│/g)]
  const counts = Object.fromEntries(rows.map(([, place = '', ...numbers]) => [place, numbers.map(Number)]))
  // Nothing else is written here.
  for (const place of ['streams.text', 'stream_chunks.text', 'notifications.text', 'push_devices.address']) {
    expect(counts[place]).toEqual(empty)
    delete counts[place]
  }
  return counts
}

const empty = [0, 0, 0]

test('new-key prints only a key', async () => {
  const { output, errors } = await run(['new-key'])
  expect(output).toMatch(/^[\w-]{43}\n$/)
  expect(isKey(output.trim())).toBe(true)
  expect(errors).toBe('')
  expect((await run(['new-key'])).output).not.toBe(output)
})

test('rotate re-encrypts everything, is idempotent, and makes the old key removable', async () => {
  await createUsers(5)
  const first = await run(['rotate'])
  expect(first).toMatchObject({ failure: null, errors: expect.stringMatching(/100% \| 10 of 10 values/) })
  expect(table(first.output)).toEqual({ 'users.email_encrypted': [5, 0, 0], 'inbox_events.body': [5, 0, 0] })
  expect(table((await run(['rotate'])).output)).toEqual({
    'users.email_encrypted': [0, 5, 0],
    'inbox_events.body': [0, 5, 0],
  })

  const privacy = { encryptionKeys: [key], indexKey: testKeys.indexKey }
  await using later = await startTestApp({ databaseUrl: app.databaseUrl, config: { privacy } })
  await Array.fromAsync(replayEvents(later.app, {}))
  await later.runDueJobs()
  expect(await app.app.db.prisma.inboxEvent.count({ where: { state: 'PROCESSED' } })).toBe(5)
  const emails = createEmails(createEncryptor([key]), testKeys.indexKey)
  const users = await app.app.db.prisma.user.findMany({ orderBy: { createdAt: 'asc' } })
  expect(users.map(({ emailEncrypted }) => emails.read(emailEncrypted)).sort()).toEqual([1, 2, 3, 4, 5].map(addressOf))
})

test('rotate can run while the server receives and processes events', async () => {
  await createUsers(20)
  const privacy = { encryptionKeys: [key, oldKey], indexKey: testKeys.indexKey }
  await using serving = await startTestApp({ databaseUrl: app.databaseUrl, config: { privacy } })
  const deliveries = Array.from({ length: 20 }, async (_, index) => {
    const data = clerkUser(`user_${index + 1}`, {
      ...clerkAddresses([addressOf(100 + index)]),
      updated_at: Date.now(),
    })
    await deliver(serving, { type: 'user.updated', id: `msg_later_${index}`, data })
  })
  const [rotated] = await Promise.all([run(['rotate']), ...deliveries, serving.runDueJobs()])
  await serving.runDueJobs()
  expect(rotated.failure).toBeNull()
  const again = table((await run(['rotate'])).output)
  expect(again).toEqual({ 'users.email_encrypted': [0, 20, 0], 'inbox_events.body': [0, 40, 0] })
  const emails = createEmails(createEncryptor([key]), testKeys.indexKey)
  const users = await app.app.db.prisma.user.findMany()
  const addresses = users.map(({ emailEncrypted }) => emails.read(emailEncrypted))
  expect(addresses.sort()).toEqual(Array.from({ length: 20 }, (_, index) => addressOf(100 + index)))
})

test('rotate lists values that no key decrypts, re-encrypts the others, and fails', async () => {
  await createUsers(2)
  const [lost] = await app.app.db.prisma.user.findMany({ orderBy: { id: 'asc' } })
  const emailEncrypted = createEncryptor([newKey()]).encrypt('lost@example.com', 'users.email')
  await app.app.db.prisma.user.update({ where: { id: lost?.id ?? '' }, data: { emailEncrypted } })
  const { output, failure } = await run(['rotate'])
  expect(table(output)).toEqual({ 'users.email_encrypted': [1, 0, 1], 'inbox_events.body': [2, 0, 0] })
  expect(output).toContain(lost?.id)
  expect(output).toMatch(/unreadable +│ 1/)
  expect(failure).toBe('1 value could not be decrypted. Do not remove any key yet.')
})

test('Ctrl-C stops rotate after the current batch', async () => {
  await createUsers(2)
  const query = app.app.db.pool.query.bind(app.app.db.pool)
  vi.spyOn(app.app.db.pool, 'query').mockImplementation((...args: Parameters<typeof query>) => {
    if (String(args[0]).startsWith('UPDATE')) process.emit('SIGINT')
    return query(...args)
  })
  const stopped = await run(['rotate'])
  expect(stopped).toMatchObject({ exitCode: 130, failure: null })
  expect(table(stopped.output)).toEqual({ 'users.email_encrypted': [2, 0, 0], 'inbox_events.body': [0, 0, 0] })
  vi.restoreAllMocks()
  const rest = await run(['rotate'])
  expect(table(rest.output)).toEqual({ 'users.email_encrypted': [0, 2, 0], 'inbox_events.body': [2, 0, 0] })
})

test('every bytea column is re-encrypted by rotate or known to be unencrypted', async () => {
  const { rows } = await app.app.db.pool.query<{ name: string }>(
    `SELECT table_name || '.' || column_name AS name FROM information_schema.columns
     WHERE table_schema = 'public' AND data_type = 'bytea'`,
  )
  const unencrypted = ['activity_tracks.data']
  const encrypted = app.app.encryptedColumns.map(({ table, column }) => `${table}.${column}`)
  expect(rows.map(({ name }) => name).sort()).toEqual([...encrypted, ...unencrypted].sort())
})
