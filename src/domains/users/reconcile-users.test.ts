import { afterEach, beforeEach, expect, inject, test } from 'vitest'
import { developmentIdentity } from '../../dev/identity.ts'
import { startTestApp, type TestApp } from '../../testing/app.ts'
import { type ClerkStandIn, clerkAddresses, clerkPerson, startClerk } from '../../testing/clerk.ts'
import { scheduleErasure } from '../privacy/index.ts'
import { applyClerkUser } from './apply-clerk-user.ts'
import { versionOfAnswer } from './clerk-version.ts'
import type { ClerkDirectory } from './ports.ts'
import { type Difference, type ReconcileOptions, type ReconcileStep, reconcileUsers } from './reconcile-users.ts'

const began = 1_768_000_000_000
/** Clerk gives 500 at most; pages of it took this file a minute. */
const pageSize = 50

let clerk: ClerkStandIn
let app: TestApp
let waits: number[]
beforeEach(async () => {
  clerk = await startClerk()
  const identity = await developmentIdentity(inject('dataDir'))
  const secretKey = 'sk_test_secret'
  app = await startTestApp({
    config: { clerk: { ...identity, requireAuthorizedParty: true, secretKey, apiUrl: clerk.url } },
  })
  waits = []
})
afterEach(async () => {
  await app[Symbol.asyncDispose]()
  await clerk[Symbol.asyncDispose]()
})

function arrive(id: string, at: number, changes: object = {}): void {
  const addresses = clerkAddresses([`${id}@example.com`])
  clerk.people.set(id, clerkPerson(id, { ...addresses, created_at: began + at, updated_at: began + at, ...changes }))
}

const arriveMany = (count: number) => {
  for (let at = 0; at < count; at += 1) arrive(`user_${at}`, at * 1_000)
}

function start(options: Partial<ReconcileOptions> = {}) {
  const { db, emails, onArrival, clock, adapters } = app.app
  if (!adapters.directory) throw new Error('There is no directory.')
  const wait = async (ms: number) => void waits.push(ms)
  const ports = { db, emails, onArrival, clock, directory: adapters.directory, onDeleting: scheduleErasure, wait }
  return reconcileUsers(ports, { dryRun: false, restart: false, force: false, pageSize, ...options })
}

interface Outcome {
  readonly begun: Extract<ReconcileStep, { kind: 'begun' }>
  readonly pages: number
  readonly compared: number
  readonly unchanged: number
  readonly differences: readonly Difference[]
}

/** Runs to the end, or until as many pages are done; `between` runs after each. */
async function reconcile(
  options: Partial<ReconcileOptions> & { pages?: number; between?: (page: number) => unknown } = {},
): Promise<Outcome> {
  let begun: Outcome['begun'] | undefined
  let [pages, compared, unchanged] = [0, 0, 0]
  const differences: Difference[] = []
  for await (const step of start(options)) {
    if (step.kind === 'begun') {
      begun = step
      continue
    }
    pages += 1
    compared += step.compared
    unchanged += step.unchanged
    differences.push(...step.differences)
    await options.between?.(pages)
    if (pages === options.pages) break
  }
  if (!begun) throw new Error('It did not begin.')
  return { begun, pages, compared, unchanged, differences }
}

const kinds = ({ differences }: Outcome) =>
  Object.fromEntries(
    Object.entries(Object.groupBy(differences, ({ kind }) => kind)).map(([kind, list]) => [kind, list.length]),
  )
const rows = () => app.app.db.prisma.user.findMany({ orderBy: { createdAt: 'asc' } })
const rowOf = (clerkId: string) => app.app.db.prisma.user.findUniqueOrThrow({ where: { clerkId } })
const pagesAsked = () => clerk.requests.filter((line) => line.startsWith('GET /v1/users?') && line.includes('order_by'))

test('121 people come in three pages, each of them once; a second run finds nothing to do', async () => {
  arriveMany(121)
  const first = await reconcile()
  expect(first.begun).toEqual({ kind: 'begun', total: 121, compared: 0, stoppedAt: null })
  expect(kinds(first)).toEqual({ created: 121 })
  expect(new Set(first.differences.map(({ clerkId }) => clerkId)).size).toBe(121)
  expect(pagesAsked()).toHaveLength(3)
  expect(pagesAsked()[0]).toContain(`limit=${pageSize}`)
  expect(await app.app.db.prisma.user.count()).toBe(121)

  app.takeStatements()
  const second = await reconcile()
  expect(second).toMatchObject({ unchanged: 121, differences: [], compared: 242 })
  expect(app.takeStatements().filter((sql) => /^(INSERT|UPDATE|DELETE).*users/i.test(sql.trim()))).toEqual([])
})

test('121 people of the same instant are all found', async () => {
  for (let at = 0; at < 121; at += 1) arrive(`user_${at}`, 7)
  const outcome = await reconcile()
  expect(kinds(outcome)).toEqual({ created: 121 })
  expect(await app.app.db.prisma.user.count()).toBe(121)
})

test('what webhooks missed is told by name of field, never by value', async () => {
  for (const name of ['same', 'renamed', 'moved', 'banned', 'pardoned', 'locked']) arrive(`user_${name}`, 1)
  arrive('user_pardoned', 1, { banned: true })
  await reconcile()
  arrive('user_renamed', 1, { first_name: 'Mina', last_name: 'Kim', username: 'mina', updated_at: began + 9 })
  arrive('user_moved', 1, {
    ...clerkAddresses(['secret@example.com']),
    image_url: 'https://i.example/1',
    updated_at: began + 9,
  })
  arrive('user_banned', 1, { banned: true, updated_at: began + 9 })
  arrive('user_pardoned', 1, { updated_at: began + 9 })
  arrive('user_locked', 1, { locked: true, lockout_expires_in_seconds: 3_600, updated_at: began + 9 })

  const outcome = await reconcile()
  expect(outcome.unchanged).toBe(1)
  expect(outcome.differences.toSorted((one, other) => one.clerkId.localeCompare(other.clerkId))).toEqual([
    { clerkId: 'user_banned', kind: 'updated', fields: ['ban set'] },
    { clerkId: 'user_locked', kind: 'updated', fields: ['lock set'] },
    { clerkId: 'user_moved', kind: 'updated', fields: ['e-mail', 'picture'] },
    { clerkId: 'user_pardoned', kind: 'updated', fields: ['ban lifted'] },
    { clerkId: 'user_renamed', kind: 'updated', fields: ['first name', 'last name', 'username'] },
  ])
  expect(app.app.emails.read((await rowOf('user_moved')).emailSealed)).toBe('secret@example.com')
  expect((await rowOf('user_banned')).standing).toBe('BANNED')
  // A lock is counted from each answer on; ten seconds later it is the same one.
  app.now = new Date(app.now.getTime() + 10_000)
  expect(await reconcile()).toMatchObject({ differences: [] })
  arrive('user_locked', 1, { updated_at: began + 10 })
  expect((await reconcile()).differences).toEqual([
    { clerkId: 'user_locked', kind: 'updated', fields: ['lock lifted'] },
  ])
})

test('whom Clerk no longer has begins to be erased', async () => {
  arriveMany(3)
  await reconcile()
  clerk.people.delete('user_1')
  const outcome = await reconcile()
  expect(outcome.differences).toEqual([{ clerkId: 'user_1', kind: 'deleted', fields: [] }])
  const gone = await rowOf('user_1')
  expect(gone.standing).toBe('DELETING')
  const jobs = await app.app.db.prisma.$queryRaw<{ key: string }[]>`SELECT key FROM graphile_worker.jobs`
  expect(jobs.map(({ key }) => key)).toEqual([`privacy.erase-user:${gone.id}`])
  expect(kinds(await reconcile())).toEqual({})
})

test('somebody whom only the list leaves out is not deleted', async () => {
  arriveMany(2)
  await reconcile()
  clerk.onRequest = (line) =>
    line.includes('user_id=') && !line.includes('count') ? { status: 200, body: '[]' } : null
  expect(await reconcile()).toMatchObject({ differences: [] })
  expect((await rows()).map(({ standing }) => standing)).toEqual(['ACTIVE', 'ACTIVE'])
})

test('somebody who is deleted at Clerk half way hides nobody, and is deleted here too', async () => {
  arriveMany(121)
  const outcome = await reconcile({
    between: (page) => {
      // By number of page, user_50 would now be passed over.
      if (page === 1) clerk.people.delete('user_3')
      if (page === 2) clerk.people.delete('user_120')
    },
  })
  expect(kinds(outcome)).toEqual({ created: 120, deleted: 1 })
  expect((await rowOf('user_50')).standing).toBe('ACTIVE')
  expect((await rowOf('user_3')).standing).toBe('DELETING')
  expect(await app.app.db.prisma.user.count({ where: { clerkId: 'user_120' } })).toBe(0)
})

test('tombstones stay: they are told of, and nobody comes back', async () => {
  arriveMany(2)
  await reconcile()
  await app.app.db.prisma.user.update({ where: { clerkId: 'user_0' }, data: { standing: 'DELETING' } })
  await app.app.db.prisma.user.update({
    where: { clerkId: 'user_1' },
    data: { standing: 'DELETED', emailSealed: null, emailIndex: null },
  })
  arrive('user_1', 1_000, { first_name: 'Back', updated_at: began + 99_999 })
  const outcome = await reconcile()
  expect(kinds(outcome)).toEqual({ 'remains at Clerk': 2 })
  expect(await rowOf('user_1')).toMatchObject({ standing: 'DELETED', firstName: null })
  clerk.people.clear()
  expect(await reconcile()).toMatchObject({ differences: [] })
})

test('what a webhook said meanwhile is newer and stays', async () => {
  arrive('user_a', 1)
  await reconcile()
  arrive('user_a', 1, { first_name: 'Old', updated_at: began + 5 })
  const { db, emails, onArrival, clock, adapters } = app.app
  const reader = adapters.directory
  if (!reader) throw new Error('There is no directory.')
  // The webhook comes between Clerk's answer and our look at the row.
  const directory: ClerkDirectory = {
    ...reader,
    async listUsers(page) {
      const users = await reader.listUsers(page)
      for (const user of users) {
        const newer = { ...user, firstName: 'New', updatedAt: new Date(began + 6) }
        const version = versionOfAnswer(newer)
        const state = { user: newer, version, saidAt: clock(), now: clock() }
        await db.transaction((tx) => applyClerkUser(tx, app.app, state))
      }
      return users
    },
  }
  const ports = { db, emails, onArrival, clock, directory, onDeleting: scheduleErasure, wait: async () => undefined }
  const seen: Difference[] = []
  for await (const step of reconcileUsers(ports, { dryRun: false, restart: false, force: false })) {
    if (step.kind === 'compared') seen.push(...step.differences)
  }
  expect(seen).toEqual([])
  expect((await rowOf('user_a')).firstName).toBe('New')
})

test('two runs at once make each person once', async () => {
  arriveMany(140)
  const [one, other] = await Promise.all([reconcile(), reconcile()])
  expect(await app.app.db.prisma.user.count()).toBe(140)
  expect(one.compared + other.compared).toBeGreaterThanOrEqual(280)
  expect(await app.app.db.prisma.bookmark.count()).toBe(0)
})

test('a row of the older system whose id Clerk has is linked, not doubled', async () => {
  await app.app.db.prisma.user.create({ data: { legacyId: 'old-1', legacyCredits: 9, createdAt: app.now } })
  arrive('user_a', 1, { external_id: 'old-1' })
  expect((await reconcile()).differences).toEqual([{ clerkId: 'user_a', kind: 'linked', fields: [] }])
  expect(await rows()).toMatchObject([{ clerkId: 'user_a', legacyId: 'old-1', legacyCredits: 9 }])
})

test('a run that is stopped goes on where it was, within a day', async () => {
  arriveMany(121)
  expect(await reconcile({ pages: 2 })).toMatchObject({ compared: 99 })
  const stoppedAt = app.now
  expect(await app.app.db.prisma.user.count()).toBe(99)

  const rest = await reconcile()
  expect(rest.begun).toMatchObject({ compared: 99, stoppedAt })
  expect(kinds(rest)).toEqual({ created: 22 })
  expect(rest.compared).toBe(22 + 121)
  expect(await app.app.db.prisma.bookmark.count()).toBe(0)
})

test('it also goes on in the middle of the people here', async () => {
  arriveMany(250)
  const whole = { pageSize: 500 }
  await reconcile(whole)
  clerk.people.delete('user_10')
  clerk.people.delete('user_240')
  expect(kinds(await reconcile({ ...whole, pages: 2 }))).toEqual({ deleted: 1 })
  const rest = await reconcile(whole)
  expect(rest).toMatchObject({ begun: { compared: 248 + 100 }, pages: 2 })
  expect(kinds(rest)).toEqual({ deleted: 1 })
})

test('it begins anew where that is asked for, or after a day', async () => {
  arriveMany(60)
  await reconcile({ pages: 1 })
  expect((await reconcile({ restart: true, pages: 1 })).begun).toMatchObject({ compared: 0, stoppedAt: null })
  app.now = new Date(app.now.getTime() + 25 * 3_600_000)
  expect((await reconcile({ pages: 1 })).begun).toMatchObject({ compared: 0, stoppedAt: null })
})

test('a dry run tells the same and writes nothing, not even where it was', async () => {
  arriveMany(3)
  await reconcile()
  arrive('user_0', 0, { first_name: 'Mina', updated_at: began + 9 })
  clerk.people.delete('user_1')
  arrive('user_new', 5)
  const before = await rows()
  const dry = await reconcile({ dryRun: true })
  expect(kinds(dry)).toEqual({ updated: 1, created: 1, deleted: 1 })
  expect(await rows()).toEqual(before)
  await reconcile({ dryRun: true, pages: 1 })
  expect(await app.app.db.prisma.bookmark.count()).toBe(0)
  expect(kinds(await reconcile())).toEqual(kinds(dry))
})

test('Retry-After is waited for, and 500s are tried again', async () => {
  arriveMany(60)
  const troubles = [{ status: 429, headers: { 'retry-after': '30' } }, { status: 500 }, { status: 503 }]
  clerk.onRequest = (line) => {
    if (!line.includes('created_at_after')) return null
    app.now = new Date() // 50 people were made since the beginning
    return troubles.shift() ?? null
  }
  // The library asks for a page and its count at once: the first two troubles meet one question.
  expect(kinds(await reconcile())).toEqual({ created: 60 })
  expect(troubles).toEqual([])
  expect(waits.length).toBeGreaterThanOrEqual(2)
  expect(waits.some((ms) => ms > 25_000 && ms <= 31_000)).toBe(true)
})

test('when Clerk stays away it is given up, and the next run goes on', async () => {
  arriveMany(60)
  clerk.onRequest = (line) => (line.includes('created_at_after') ? { status: 500 } : null)
  await expect(reconcile()).rejects.toThrow('Clerk did not answer 8 times in a row')
  clerk.onRequest = null
  const rest = await reconcile()
  expect(rest.begun.compared).toBe(50)
  expect(kinds(rest)).toEqual({ created: 10 })
})

test("with another instance's key nobody is touched, unless somebody insists", async () => {
  arriveMany(12)
  await reconcile()
  clerk.people.clear()
  arrive('user_other', 1)
  await expect(reconcile()).rejects.toThrow('Clerk knows 0 of 12 people here.')
  expect(await app.app.db.prisma.user.count({ where: { standing: 'ACTIVE' } })).toBe(12)
  expect(kinds(await reconcile({ force: true }))).toEqual({ created: 1, deleted: 12 })
})
