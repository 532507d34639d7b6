import { Command } from 'commander'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { sealedColumns } from '../app/sealed-columns.ts'
import { createEmails } from '../domains/users/index.ts'
import { replayEvents } from '../platform/inbox/inbox-replay.ts'
import { createSealer, isKey, newKey } from '../platform/sealing/sealing.ts'
import { startTestApp, type TestApp, testKeys } from '../testing/app.ts'
import { clerkAddresses, clerkPerson } from '../testing/clerk.ts'
import { deliver } from '../testing/clerk-webhooks.ts'
import { addCrypto } from './crypto.ts'

const [oldKey = ''] = testKeys.encryptionKeys
const key = newKey()

/** Seals with the old key, as the deployment did before the new one came. */
let app: TestApp
beforeEach(async () => {
  app = await startTestApp()
})
afterEach(async () => {
  vi.restoreAllMocks()
  await app[Symbol.asyncDispose]()
})

/** Runs the command in this process with these keys, newest first. */
async function run(args: readonly string[], encryptionKeys = [key, oldKey]) {
  const output = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
  const errors = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  const program = new Command().exitOverride()
  const sealer = createSealer(encryptionKeys)
  addCrypto(program, async () => ({ ...app.app, sealer, [Symbol.asyncDispose]: async () => undefined }))
  process.exitCode = undefined
  const written = ({ mock }: typeof output) => mock.calls.map(([text]) => String(text)).join('')
  const failure = await program.parseAsync(['crypto', ...args], { from: 'user' }).then(
    () => null,
    (error: Error) => error.message,
  )
  const result = { output: written(output), errors: written(errors), failure, exitCode: process.exitCode }
  process.exitCode = undefined
  output.mockRestore()
  errors.mockRestore()
  return result
}

const addressOf = (number: number) => `person${number}@example.com`

/** People and the events that made them, sealed with the app's key. */
async function fill(count: number): Promise<void> {
  for (let number = 1; number <= count; number += 1) {
    const data = clerkPerson(`user_${number}`, clerkAddresses([addressOf(number)]))
    await deliver(app, { type: 'user.created', id: `msg_${number}`, data })
  }
  await app.runDueJobs()
}

/** The rows of `crypto rotate`'s table: re-encrypted, already current, unreadable. */
function table(output: string): Record<string, number[]> {
  const rows = [...output.matchAll(/│ (\w+\.\w+) +│ (\d+) +│ (\d+) +│ (\d+) +│/g)]
  return Object.fromEntries(rows.map(([, place = '', ...numbers]) => [place, numbers.map(Number)]))
}

test('new-key prints a key and nothing else', async () => {
  const { output, errors } = await run(['new-key'])
  expect(output).toMatch(/^[\w-]{43}\n$/)
  expect(isKey(output.trim())).toBe(true)
  expect(errors).toBe('')
  expect((await run(['new-key'])).output).not.toBe(output)
})

test('rotate encrypts everything anew, twice is as once, and then the old key can go', async () => {
  await fill(5)
  const first = await run(['rotate'])
  expect(first).toMatchObject({ failure: null, errors: expect.stringMatching(/100% \| 10 of 10 values/) })
  expect(table(first.output)).toEqual({ 'users.email_sealed': [5, 0, 0], 'inbox_events.body': [5, 0, 0] })
  expect(table((await run(['rotate'])).output)).toEqual({
    'users.email_sealed': [0, 5, 0],
    'inbox_events.body': [0, 5, 0],
  })

  const privacy = { encryptionKeys: [key], indexKey: testKeys.indexKey }
  await using later = await startTestApp({ databaseUrl: app.databaseUrl, config: { privacy } })
  await Array.fromAsync(replayEvents(later.app, {}))
  await later.runDueJobs()
  expect(await app.app.db.prisma.inboxEvent.count({ where: { state: 'PROCESSED' } })).toBe(5)
  const emails = createEmails(createSealer([key]), testKeys.indexKey)
  const people = await app.app.db.prisma.user.findMany({ orderBy: { createdAt: 'asc' } })
  expect(people.map(({ emailSealed }) => emails.read(emailSealed)).sort()).toEqual([1, 2, 3, 4, 5].map(addressOf))
})

test('rotate runs while the server serves and works', async () => {
  await fill(20)
  const privacy = { encryptionKeys: [key, oldKey], indexKey: testKeys.indexKey }
  await using serving = await startTestApp({ databaseUrl: app.databaseUrl, config: { privacy } })
  const deliveries = Array.from({ length: 20 }, async (_, index) => {
    const data = clerkPerson(`user_${index + 1}`, {
      ...clerkAddresses([addressOf(100 + index)]),
      updated_at: Date.now(),
    })
    await deliver(serving, { type: 'user.updated', id: `msg_later_${index}`, data })
  })
  const [rotated] = await Promise.all([run(['rotate']), ...deliveries, serving.runDueJobs()])
  await serving.runDueJobs()
  expect(rotated.failure).toBeNull()
  const again = table((await run(['rotate'])).output)
  expect(again).toEqual({ 'users.email_sealed': [0, 20, 0], 'inbox_events.body': [0, 40, 0] })
  const emails = createEmails(createSealer([key]), testKeys.indexKey)
  const people = await app.app.db.prisma.user.findMany()
  const addresses = people.map(({ emailSealed }) => emails.read(emailSealed))
  expect(addresses.sort()).toEqual(Array.from({ length: 20 }, (_, index) => addressOf(100 + index)))
})

test('rotate names what no key opens, does the rest, and fails', async () => {
  await fill(2)
  const [lost] = await app.app.db.prisma.user.findMany({ orderBy: { id: 'asc' } })
  const emailSealed = createSealer([newKey()]).seal('lost@example.com', 'users.email')
  await app.app.db.prisma.user.update({ where: { id: lost?.id ?? '' }, data: { emailSealed } })
  const { output, failure } = await run(['rotate'])
  expect(table(output)).toEqual({ 'users.email_sealed': [1, 0, 1], 'inbox_events.body': [2, 0, 0] })
  expect(output).toContain(lost?.id)
  expect(output).toMatch(/unreadable +│ 1/)
  expect(failure).toBe('1 of the values could not be opened: drop no key yet.')
})

test('rotate ends after the batch at Ctrl-C', async () => {
  await fill(2)
  const query = app.app.db.pool.query.bind(app.app.db.pool)
  vi.spyOn(app.app.db.pool, 'query').mockImplementation((...args: Parameters<typeof query>) => {
    if (String(args[0]).startsWith('UPDATE')) process.emit('SIGINT')
    return query(...args)
  })
  const stopped = await run(['rotate'])
  expect(stopped).toMatchObject({ exitCode: 130, failure: null })
  expect(table(stopped.output)).toEqual({ 'users.email_sealed': [2, 0, 0], 'inbox_events.body': [0, 0, 0] })
  vi.restoreAllMocks()
  const rest = await run(['rotate'])
  expect(table(rest.output)).toEqual({ 'users.email_sealed': [0, 2, 0], 'inbox_events.body': [2, 0, 0] })
})

test('everything that could be sealed is known to rotate, or is no secret', async () => {
  const { rows } = await app.app.db.pool.query<{ name: string }>(
    `SELECT table_name || '.' || column_name AS name FROM information_schema.columns
     WHERE table_schema = 'public' AND data_type = 'bytea'`,
  )
  const open = ['activity_tracks.data']
  const sealed = sealedColumns.map(({ table, column }) => `${table}.${column}`)
  expect(rows.map(({ name }) => name).sort()).toEqual([...sealed, ...open].sort())
})
