import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Command } from 'commander'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { encodeFit } from '../../dev/seed/recordings.ts'
import type { User } from '../../generated/prisma/client.ts'
import { startTestApp, type TestApp } from '../../testing/app.ts'
import { type BucketProxy, startBucketProxy } from '../../testing/bucket-proxy.ts'
import { plansWith } from '../../testing/plans.ts'
import { keepOpen } from '../../testing/run-command.ts'
import { smallFit } from '../../testing/upload-steps.ts'
import { addLegacyCommands } from './add-legacy-commands.ts'

let folder: string
let proxy: BucketProxy
let app: TestApp
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pacer-legacy-'))
  proxy = await startBucketProxy()
  app = await startTestApp({ config: { bucket: proxy.bucket } })
})
afterEach(async () => {
  process.exitCode = undefined
  vi.restoreAllMocks()
  await app[Symbol.asyncDispose]()
  await proxy[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

/** Runs the command over an app. Output is captured until the test ends, since runs may be concurrent. */
async function run(args: readonly string[] = [], over: TestApp = app) {
  const output = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
  const errors = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  const program = new Command().exitOverride()
  const parents = { users: program.command('users'), storage: program.command('storage') }
  addLegacyCommands(parents, keepOpen(over.app))
  process.exitCode = undefined
  const written = ({ mock }: typeof output) => mock.calls.map(([text]) => String(text)).join('')
  try {
    await program.parseAsync(['storage', 'migrate', folder, ...args], { from: 'user' })
    return { output: written(output), errors: written(errors), exitCode: process.exitCode }
  } finally {
    process.exitCode = undefined
    output.mockClear()
    errors.mockClear()
  }
}

/** A user of the older system, as `users import` creates them. */
const createLegacyUser = (legacyId: string, changes: Partial<User> = {}) =>
  app.app.db.prisma.user.create({ data: { legacyId, createdAt: app.now, ...changes } })

async function put(path: string, bytes: Uint8Array | string = smallFit): Promise<void> {
  await mkdir(dirname(join(folder, path)), { recursive: true })
  await writeFile(join(folder, path), bytes)
}

const activities = () =>
  app.app.db.prisma.activity.findMany({ include: { upload: true }, orderBy: [{ userId: 'asc' }, { legacyId: 'asc' }] })

const used = async (userId: string) => {
  const rows = await app.app.db.prisma.usageCounter.findMany({ where: { userId } })
  return Object.fromEntries(rows.map((row) => [`${row.meter} ${row.period}`, Number(row.used)]))
}

test('creates one activity per recording, however often it runs', async () => {
  const ada = await createLegacyUser('17')
  const ride = encodeFit({ sport: 'CYCLING', startedAt: new Date('2024-05-01T08:00:00Z'), seconds: 600 })
  await put('17/9001.fit')
  await put('17/9002.FIT', ride)
  const dry = await run(['--dry-run'])
  expect(dry.output).toMatch(/moved +│ 2/)
  expect(dry.errors).toContain('Dry run: nothing was written.')
  expect(await activities()).toEqual([])

  const first = await run()
  expect(first).toMatchObject({ exitCode: undefined, errors: expect.stringMatching(/100% \| 2 of 2 files \| \d+\/s/) })
  expect(first.output).toMatch(/moved +│ 2/)
  expect((await run()).output).toMatch(/already there +│ 2/)
  await app.runDueJobs()
  expect(await activities()).toMatchObject([
    { userId: ada.id, legacyId: '9001', status: 'READY', upload: { status: 'READY', filename: '9001.fit' } },
    { userId: ada.id, legacyId: '9002', status: 'READY', sport: 'CYCLING', distanceMeters: 1_680 },
  ])
  expect(await used(ada.id)).toEqual({ 'STORAGE_BYTES TOTAL': smallFit.length + ride.length })
})

test('reports files that cannot be moved with a reason, in the table and the CSV file, and moves all others', async () => {
  const ada = await createLegacyUser('ada')
  await createLegacyUser('leaving', { standing: 'DELETING' })
  await put('ada/1.fit')
  await put('ada/2.fit', 'no recording')
  await put('ada/3.fit', '')
  await put('ada/notes, old.txt')
  await put('ada/deeper/4.fit')
  await put('leaving/5.fit')
  await put('nobody/6.fit')
  await put('stray.fit')
  await symlink('/etc/hostname', join(folder, 'ada', '7.fit'))
  await symlink(join(folder, 'ada'), join(folder, 'linked'))
  const file = `${folder}.csv`
  const { output, exitCode } = await run(['--report', file, '--parallel', '3'])
  expect(exitCode).toBe(1)
  expect(output).toMatch(/ada\/2\.fit +│ failed +│ it is not a FIT, GPX or TCX file/)
  expect(output).toMatch(/nobody\/6\.fit +│ unknown user +│ no user has the legacy id nobody/)
  const counts = [
    ['moved', 1],
    ['failed', 2],
    ['unknown user', 2],
    ['unreadable name', 3],
    ['link', 2],
  ] as const
  for (const [outcome, count] of counts) expect(output).toMatch(new RegExp(`│ ${outcome} +│ ${count} +│`))
  const lines = (await readFile(file, 'utf8')).trim().split('\n')
  await rm(file)
  expect(lines).toHaveLength(11)
  expect(lines).toContainEqual(expect.stringMatching(/^linked,link,"?it is a symbolic link/))
  expect(lines).toContain('"ada/notes, old.txt",unreadable name,it is not <user>/<activity>.fit')
  expect(lines).toContain('ada/1.fit,moved,')
  expect((await activities()).map(({ userId, legacyId }) => [userId, legacyId])).toEqual([[ada.id, '1']])
})

test('moves one of two files with the same id and reports the other, in every run', async () => {
  await createLegacyUser('17')
  const ride = encodeFit({ sport: 'CYCLING', startedAt: new Date('2024-05-01T08:00:00Z'), seconds: 600 })
  await put('17/a1.fit')
  await put('17/a1.FIT', ride)
  await put('17/A1.fit')
  const file = `${folder}.csv`
  for (const [args, outcome] of [
    [['--dry-run'], 'moved'],
    [[], 'moved'],
    [[], 'already there'],
  ] as const) {
    const { output, exitCode } = await run([...args, '--report', file])
    expect(exitCode).toBe(1)
    expect(output).toMatch(new RegExp(`│ ${outcome} +│ 2 +│`))
    expect(output).toMatch(/17\/a1\.fit +│ same id +│ a1\.FIT has the same id/)
    expect(await readFile(file, 'utf8')).toContain('17/a1.fit,same id,a1.FIT has the same id')
  }
  await rm(file)
  expect((await activities()).map(({ legacyId, upload }) => [legacyId, upload?.filename]).toSorted()).toEqual([
    ['A1', 'A1.fit'],
    ['a1', 'a1.FIT'],
  ])
})

test('continues with the same rows after a run that stopped before the object was written', async () => {
  const ada = await createLegacyUser('17')
  await put('17/1.fit')
  proxy.failsFor = (line) => line.startsWith('PUT')
  await expect(run()).rejects.toThrow('The file store is temporarily unavailable')
  const [started] = await activities()
  expect(started).toMatchObject({ status: 'AWAITING_FILE', upload: { status: 'PENDING' } })
  proxy.failsFor = null
  expect((await run()).output).toMatch(/moved +│ 1/)
  expect(await activities()).toMatchObject([
    { id: started?.id, uploadId: started?.uploadId, upload: { status: 'READY' } },
  ])
  expect(await used(ada.id)).toEqual({ 'STORAGE_BYTES TOTAL': smallFit.length })
})

test('continues a run after a day, and reports a file that has changed since', async () => {
  await createLegacyUser('17')
  for (const name of ['1', '2']) await put(`17/${name}.fit`)
  proxy.failsFor = (line) => line.startsWith('PUT')
  proxy.onRequest = () => vi.waitFor(async () => expect(await activities()).toHaveLength(2))
  await expect(run(['--parallel', '2'])).rejects.toThrow('The file store')
  proxy.failsFor = null
  proxy.onRequest = null
  app.now = new Date(app.now.getTime() + 25 * 3_600_000)
  await put('17/2.fit', encodeFit({ sport: 'CYCLING', startedAt: app.now, seconds: 600 }))
  const { output, exitCode } = await run()
  expect(output).toMatch(/17\/2\.fit +│ failed/)
  expect(output).toMatch(/│ moved +│ 1 +│/)
  expect(exitCode).toBe(1)
  expect((await run()).output).toContain('its upload was refused in an earlier run')
})

test('rows of an abandoned run expire like any upload, and a later run creates new ones', async () => {
  const ada = await createLegacyUser('17')
  await put('17/1.fit')
  proxy.failsFor = (line) => line.startsWith('PUT')
  await expect(run()).rejects.toThrow('The file store')
  proxy.failsFor = null
  app.now = new Date(app.now.getTime() + 25 * 3_600_000)
  await app.runJob('uploads.sweep')
  expect(await activities()).toEqual([])
  expect(await used(ada.id)).toEqual({ 'STORAGE_BYTES TOTAL': 0 })
  expect((await run()).output).toMatch(/moved +│ 1/)
})

test('concurrent runs move each file once', async () => {
  const ada = await createLegacyUser('17')
  for (let at = 0; at < 12; at += 1) await put(`17/${at}.fit`)
  await Promise.all([run(), run(['--parallel', '3']), run(['--parallel', '1'])])
  expect(await activities()).toHaveLength(12)
  expect(await app.app.db.prisma.upload.count({ where: { status: 'READY' } })).toBe(12)
  expect(await app.app.db.prisma.upload.count()).toBe(12)
  expect(await used(ada.id)).toEqual({ 'STORAGE_BYTES TOTAL': 12 * smallFit.length })
})

test('counts moved files as stored bytes and ignores the limits of the plan', async () => {
  const limits = [
    { meter: 'STORAGE_BYTES', period: 'TOTAL', limit: smallFit.length },
    { meter: 'UPLOADS', period: 'MONTH', limit: 0 },
  ] as const
  const plans = plansWith('FREE', limits)
  await using small = await startTestApp({ databaseUrl: app.databaseUrl, plans, config: { bucket: proxy.bucket } })
  const ada = await createLegacyUser('17')
  for (const name of ['1', '2']) await put(`17/${name}.fit`)
  const { output } = await run(['--parallel', '1'], small)
  expect(output).toMatch(/moved +│ 2/)
  expect(await used(ada.id)).toEqual({ 'STORAGE_BYTES TOTAL': 2 * smallFit.length })
})

test('Ctrl-C stops after the current files, and the next run moves the others', async () => {
  await createLegacyUser('17')
  for (let at = 0; at < 4; at += 1) await put(`17/${at}.fit`)
  proxy.onRequest = async () => void process.emit('SIGINT')
  const stopped = await run(['--parallel', '2'])
  expect(stopped).toMatchObject({ exitCode: 130, errors: expect.stringContaining('Stopped. Run the command again') })
  proxy.onRequest = null
  const { output } = await run()
  expect(output).toMatch(/already there +│ 2/)
  expect(output).toMatch(/moved +│ 2/)
})

test('reports a missing folder', async () => {
  await rm(folder, { recursive: true })
  await expect(run()).rejects.toThrow(`The folder ${folder} cannot be read.`)
  await mkdir(folder)
})
