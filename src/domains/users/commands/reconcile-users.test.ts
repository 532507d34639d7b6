import { afterEach, beforeEach, expect, test } from 'vitest'
import type { TestApp } from '../../../testing/app.ts'
import { startAppWithClerk } from '../../../testing/app-with-clerk.ts'
import { clerkAddresses, clerkUser, type FakeClerk, startClerk } from '../../../testing/clerk.ts'
import { versionOfAnswer } from '../clerk-version.ts'
import type { ClerkDirectory } from '../ports.ts'
import { users } from '../services.ts'
import { applyClerkUser } from './apply-clerk-user.ts'
import { type Difference, type ReconcileOptions, type ReconcileStep, reconcileUsers } from './reconcile-users.ts'

const began = 1_768_000_000_000
/** Clerk returns at most 500. With pages of 500 the tests of this file took a minute. */
const pageSize = 50

let clerk: FakeClerk
let app: TestApp
let waits: number[]
beforeEach(async () => {
  clerk = await startClerk()
  app = await startAppWithClerk(clerk)
  waits = []
})
afterEach(async () => {
  await app[Symbol.asyncDispose]()
  await clerk[Symbol.asyncDispose]()
})

function addToClerk(id: string, at: number, changes: object = {}): void {
  const addresses = clerkAddresses([`${id}@example.com`])
  clerk.users.set(id, clerkUser(id, { ...addresses, created_at: began + at, updated_at: began + at, ...changes }))
}

const addManyToClerk = (count: number) => {
  for (let at = 0; at < count; at += 1) addToClerk(`user_${at}`, at * 1_000)
}

function start(options: Partial<ReconcileOptions> = {}) {
  const { directory, ...services } = app.app.services(users)
  if (!directory) throw new Error('No Clerk secret key is configured.')
  const wait = async (ms: number) => void waits.push(ms)
  const ports = { ...services, directory, wait }
  return reconcileUsers(ports, { dryRun: false, restart: false, force: false, pageSize, ...options })
}

interface Outcome {
  readonly begun: Extract<ReconcileStep, { kind: 'begun' }>
  readonly pages: number
  readonly compared: number
  readonly unchanged: number
  readonly differences: readonly Difference[]
}

/** Runs to the end, or for `pages` pages. `between` runs after each page. */
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
  if (!begun) throw new Error('The reconciliation yielded no first step.')
  return { begun, pages, compared, unchanged, differences }
}

const kinds = ({ differences }: Outcome) =>
  Object.fromEntries(
    Object.entries(Object.groupBy(differences, ({ kind }) => kind)).map(([kind, list]) => [kind, list.length]),
  )
const rows = () => app.app.db.prisma.user.findMany({ orderBy: { createdAt: 'asc' } })
const rowOf = (clerkId: string) => app.app.db.prisma.user.findUniqueOrThrow({ where: { clerkId } })
const pageRequests = () =>
  clerk.requests.filter((line) => line.startsWith('GET /v1/users?') && line.includes('order_by'))

test('121 users are created from three pages; a second run writes nothing', async () => {
  addManyToClerk(121)
  const first = await reconcile()
  expect(first.begun).toEqual({ kind: 'begun', total: 121, compared: 0, stoppedAt: null })
  expect(kinds(first)).toEqual({ created: 121 })
  expect(new Set(first.differences.map(({ clerkId }) => clerkId)).size).toBe(121)
  expect(pageRequests()).toHaveLength(3)
  expect(pageRequests()[0]).toContain(`limit=${pageSize}`)
  expect(await app.app.db.prisma.user.count()).toBe(121)

  app.takeStatements()
  const second = await reconcile()
  expect(second).toMatchObject({ unchanged: 121, differences: [], compared: 242 })
  expect(app.takeStatements().filter((sql) => /^(INSERT|UPDATE|DELETE).*users/i.test(sql.trim()))).toEqual([])
})

test('121 users with the same time of creation are all created', async () => {
  for (let at = 0; at < 121; at += 1) addToClerk(`user_${at}`, 7)
  const outcome = await reconcile()
  expect(kinds(outcome)).toEqual({ created: 121 })
  expect(await app.app.db.prisma.user.count()).toBe(121)
})

test('differences are listed by the names of fields, without values', async () => {
  for (const name of ['same', 'renamed', 'moved', 'banned', 'pardoned', 'locked']) addToClerk(`user_${name}`, 1)
  addToClerk('user_pardoned', 1, { banned: true })
  await reconcile()
  addToClerk('user_renamed', 1, { first_name: 'Mina', last_name: 'Kim', username: 'mina', updated_at: began + 9 })
  addToClerk('user_moved', 1, {
    ...clerkAddresses(['secret@example.com']),
    image_url: 'https://i.example/1',
    updated_at: began + 9,
  })
  addToClerk('user_banned', 1, { banned: true, updated_at: began + 9 })
  addToClerk('user_pardoned', 1, { updated_at: began + 9 })
  addToClerk('user_locked', 1, { locked: true, lockout_expires_in_seconds: 3_600, updated_at: began + 9 })

  const outcome = await reconcile()
  expect(outcome.unchanged).toBe(1)
  expect(outcome.differences.toSorted((one, other) => one.clerkId.localeCompare(other.clerkId))).toEqual([
    { clerkId: 'user_banned', kind: 'updated', fields: ['ban set'] },
    { clerkId: 'user_locked', kind: 'updated', fields: ['lock set'] },
    { clerkId: 'user_moved', kind: 'updated', fields: ['e-mail', 'picture'] },
    { clerkId: 'user_pardoned', kind: 'updated', fields: ['ban lifted'] },
    { clerkId: 'user_renamed', kind: 'updated', fields: ['first name', 'last name', 'username'] },
  ])
  expect(app.app.services(users).emails.read((await rowOf('user_moved')).emailEncrypted)).toBe('secret@example.com')
  expect((await rowOf('user_banned')).standing).toBe('BANNED')
  // The end of a lock is computed from each response; ten seconds later it counts as the same lock.
  app.now = new Date(app.now.getTime() + 10_000)
  expect(await reconcile()).toMatchObject({ differences: [] })
  addToClerk('user_locked', 1, { updated_at: began + 10 })
  expect((await reconcile()).differences).toEqual([
    { clerkId: 'user_locked', kind: 'updated', fields: ['lock lifted'] },
  ])
})

test('the erasure of a user whom Clerk no longer has is started', async () => {
  addManyToClerk(3)
  await reconcile()
  clerk.users.delete('user_1')
  const outcome = await reconcile()
  expect(outcome.differences).toEqual([{ clerkId: 'user_1', kind: 'deleted', fields: [] }])
  const deleted = await rowOf('user_1')
  expect(deleted.standing).toBe('DELETING')
  const jobs = await app.app.db.prisma.$queryRaw<{ key: string }[]>`SELECT key FROM graphile_worker.jobs`
  expect(jobs.map(({ key }) => key)).toEqual([`privacy.erase-user:${deleted.id}`])
  expect(kinds(await reconcile())).toEqual({})
})

test('a user who is missing only in the list is not deleted', async () => {
  addManyToClerk(2)
  await reconcile()
  clerk.onRequest = (line) =>
    line.includes('user_id=') && !line.includes('count') ? { status: 200, body: '[]' } : null
  expect(await reconcile()).toMatchObject({ differences: [] })
  expect((await rows()).map(({ standing }) => standing)).toEqual(['ACTIVE', 'ACTIVE'])
})

test('a deletion in Clerk during the run skips no other user, and is applied', async () => {
  addManyToClerk(121)
  const outcome = await reconcile({
    between: (page) => {
      // With page numbers, user_50 would be skipped now.
      if (page === 1) clerk.users.delete('user_3')
      if (page === 2) clerk.users.delete('user_120')
    },
  })
  expect(kinds(outcome)).toEqual({ created: 120, deleted: 1 })
  expect((await rowOf('user_50')).standing).toBe('ACTIVE')
  expect((await rowOf('user_3')).standing).toBe('DELETING')
  expect(await app.app.db.prisma.user.count({ where: { clerkId: 'user_120' } })).toBe(0)
})

test('tombstones are listed and not changed', async () => {
  addManyToClerk(2)
  await reconcile()
  await app.app.db.prisma.user.update({ where: { clerkId: 'user_0' }, data: { standing: 'DELETING' } })
  await app.app.db.prisma.user.update({
    where: { clerkId: 'user_1' },
    data: { standing: 'DELETED', emailEncrypted: null, emailIndex: null },
  })
  addToClerk('user_1', 1_000, { first_name: 'Back', updated_at: began + 99_999 })
  const outcome = await reconcile()
  expect(kinds(outcome)).toEqual({ 'remains at Clerk': 2 })
  expect(await rowOf('user_1')).toMatchObject({ standing: 'DELETED', firstName: null })
  clerk.users.clear()
  expect(await reconcile()).toMatchObject({ differences: [] })
})

test('a newer state from a concurrent webhook is not overwritten', async () => {
  addToClerk('user_a', 1)
  await reconcile()
  addToClerk('user_a', 1, { first_name: 'Old', updated_at: began + 5 })
  const services = app.app.services(users)
  const { db, clock, directory: reader } = services
  if (!reader) throw new Error('No Clerk secret key is configured.')
  // The webhook is applied after Clerk's response and before the row is read.
  const directory: ClerkDirectory = {
    ...reader,
    async listUsers(page) {
      const people = await reader.listUsers(page)
      for (const user of people) {
        const newer = { ...user, firstName: 'New', updatedAt: new Date(began + 6) }
        const version = versionOfAnswer(newer)
        const state = { user: newer, version, reportedAt: clock(), now: clock() }
        await db.transaction((tx) => applyClerkUser(tx, services, state))
      }
      return people
    },
  }
  const ports = { ...services, directory, wait: async () => undefined }
  const seen: Difference[] = []
  for await (const step of reconcileUsers(ports, { dryRun: false, restart: false, force: false })) {
    if (step.kind === 'compared') seen.push(...step.differences)
  }
  expect(seen).toEqual([])
  expect((await rowOf('user_a')).firstName).toBe('New')
})

test('two concurrent runs create each user once', async () => {
  addManyToClerk(140)
  const [one, other] = await Promise.all([reconcile(), reconcile()])
  expect(await app.app.db.prisma.user.count()).toBe(140)
  expect(one.compared + other.compared).toBeGreaterThanOrEqual(280)
  expect(await app.app.db.prisma.bookmark.count()).toBe(0)
})

test('an imported row whose legacy id is an external id in Clerk is linked', async () => {
  await app.app.db.prisma.user.create({ data: { legacyId: 'old-1', legacyCredits: 9, createdAt: app.now } })
  addToClerk('user_a', 1, { external_id: 'old-1' })
  expect((await reconcile()).differences).toEqual([{ clerkId: 'user_a', kind: 'linked', fields: [] }])
  expect(await rows()).toMatchObject([{ clerkId: 'user_a', legacyId: 'old-1', legacyCredits: 9 }])
})

test('a run continues where an earlier run was stopped within a day', async () => {
  addManyToClerk(121)
  expect(await reconcile({ pages: 2 })).toMatchObject({ compared: 99 })
  const stoppedAt = app.now
  expect(await app.app.db.prisma.user.count()).toBe(99)

  const rest = await reconcile()
  expect(rest.begun).toMatchObject({ compared: 99, stoppedAt })
  expect(kinds(rest)).toEqual({ created: 22 })
  expect(rest.compared).toBe(22 + 121)
  expect(await app.app.db.prisma.bookmark.count()).toBe(0)
})

test('a run continues in the middle of the rows', async () => {
  addManyToClerk(250)
  const whole = { pageSize: 500 }
  await reconcile(whole)
  clerk.users.delete('user_10')
  clerk.users.delete('user_240')
  expect(kinds(await reconcile({ ...whole, pages: 2 }))).toEqual({ deleted: 1 })
  const rest = await reconcile(whole)
  expect(rest).toMatchObject({ begun: { compared: 248 + 100 }, pages: 2 })
  expect(kinds(rest)).toEqual({ deleted: 1 })
})

test('a run starts from the beginning with restart, or after a day', async () => {
  addManyToClerk(60)
  await reconcile({ pages: 1 })
  expect((await reconcile({ restart: true, pages: 1 })).begun).toMatchObject({ compared: 0, stoppedAt: null })
  app.now = new Date(app.now.getTime() + 25 * 3_600_000)
  expect((await reconcile({ pages: 1 })).begun).toMatchObject({ compared: 0, stoppedAt: null })
})

test('a dry run lists the same differences and writes nothing, not even its position', async () => {
  addManyToClerk(3)
  await reconcile()
  addToClerk('user_0', 0, { first_name: 'Mina', updated_at: began + 9 })
  clerk.users.delete('user_1')
  addToClerk('user_new', 5)
  const before = await rows()
  const dry = await reconcile({ dryRun: true })
  expect(kinds(dry)).toEqual({ updated: 1, created: 1, deleted: 1 })
  expect(await rows()).toEqual(before)
  await reconcile({ dryRun: true, pages: 1 })
  expect(await app.app.db.prisma.bookmark.count()).toBe(0)
  expect(kinds(await reconcile())).toEqual(kinds(dry))
})

test('a run waits for Retry-After and retries after HTTP 500', async () => {
  addManyToClerk(60)
  const faults = [{ status: 429, headers: { 'retry-after': '30' } }, { status: 500 }, { status: 503 }]
  clerk.onRequest = (line) => {
    if (!line.includes('created_at_after')) return null
    app.now = new Date() // 50 users were created since the start of the run
    return faults.shift() ?? null
  }
  // The library requests a page and its count at once, so the first two faults fail one call.
  expect(kinds(await reconcile())).toEqual({ created: 60 })
  expect(faults).toEqual([])
  expect(waits.length).toBeGreaterThanOrEqual(2)
  expect(waits.some((ms) => ms > 25_000 && ms <= 31_000)).toBe(true)
})

test('a run fails if Clerk stays unavailable, and the next run continues', async () => {
  addManyToClerk(60)
  clerk.onRequest = (line) => (line.includes('created_at_after') ? { status: 500 } : null)
  await expect(reconcile()).rejects.toThrow('Clerk did not answer 8 times in a row')
  clerk.onRequest = null
  const rest = await reconcile()
  expect(rest.begun.compared).toBe(50)
  expect(kinds(rest)).toEqual({ created: 10 })
})

test("with another instance's key a run changes nothing, unless it is forced", async () => {
  addManyToClerk(12)
  await reconcile()
  clerk.users.clear()
  addToClerk('user_other', 1)
  await expect(reconcile()).rejects.toThrow('Clerk knows only 0 of 12 sampled users.')
  expect(await app.app.db.prisma.user.count({ where: { standing: 'ACTIVE' } })).toBe(12)
  expect(kinds(await reconcile({ force: true }))).toEqual({ created: 1, deleted: 12 })
})
