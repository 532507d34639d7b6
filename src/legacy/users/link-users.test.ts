import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { versionOfAnswer } from '../../domains/users/clerk-version.ts'
import { applyClerkUser } from '../../domains/users/commands/apply-clerk-user.ts'
import { type ClerkDirectory, users } from '../../domains/users/index.ts'
import type { TestApp } from '../../testing/app.ts'
import { startAppWithClerk } from '../../testing/app-with-clerk.ts'
import { clerkAddresses, clerkUser, type FakeClerk, startClerk } from '../../testing/clerk.ts'
import { type LinkOptions, type LinkResult, type LinkStep, linkLegacyUsers } from './link-users.ts'

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

function addClerkUser(id: string, emails: readonly string[], changes: object = {}, status?: 'unverified'): void {
  clerk.users.set(id, clerkUser(id, { ...clerkAddresses(emails, status), ...changes }))
}

function addLegacyUser(legacyId: string, email: string | null, data: object = {}) {
  const { db, emails } = app.app.services(users)
  return db.prisma.user.create({
    data: { legacyId, ...emails.columns(email), legacyCredits: 5, createdAt: app.now, ...data },
  })
}

function directoryOf(): ClerkDirectory {
  const { directory } = app.app.adapters
  if (!directory) throw new Error('There is no directory.')
  return directory
}

async function link(options: Partial<LinkOptions> & { steps?: number; directory?: ClerkDirectory } = {}) {
  const { db, emails, onUserCreated, onContactsVerified } = app.app.services(users)
  const wait = async (ms: number) => void waits.push(ms)
  const hooks = { onUserCreated, onContactsVerified }
  const ports = { db, emails, ...hooks, clock: () => app.now, directory: options.directory ?? directoryOf(), wait }
  const results: LinkResult[] = []
  let begun: LinkStep | undefined
  let taken = 0
  for await (const step of linkLegacyUsers(ports, { create: false, dryRun: false, ...options })) {
    if (step.kind === 'begun') begun = step
    else {
      results.push(...step.results)
      taken += 1
      if (taken === options.steps) break
    }
  }
  return { begun, results }
}

const outcomes = async (options: Partial<LinkOptions> = {}) =>
  (await link(options)).results.map(({ legacyId, outcome }) => `${legacyId} ${outcome}`)
const rowOf = (legacyId: string) => app.app.db.prisma.user.findUniqueOrThrow({ where: { legacyId } })

test('links a row to the user who has verified its e-mail address, in any case, primary or not', async () => {
  await addLegacyUser('1', 'Mina@Example.com', { firstName: 'Older' })
  await addLegacyUser('2', 'second@example.com')
  await addLegacyUser('3', null)
  addClerkUser('user_mina', ['mina@example.com'], { first_name: 'Mina', updated_at: 1_768_619_900_000 })
  addClerkUser('user_two', ['first@example.com', 'second@example.com'])
  expect(await link()).toEqual({
    begun: { kind: 'begun', total: 2, withoutAddress: 1 },
    results: [
      { legacyId: '1', outcome: 'linked', about: 'user_mina' },
      { legacyId: '2', outcome: 'linked', about: 'user_two' },
    ],
  })
  expect(await rowOf('1')).toMatchObject({ clerkId: 'user_mina', firstName: 'Mina', legacyCredits: 5 })
  expect(app.app.services(users).emails.read((await rowOf('2')).emailEncrypted)).toBe('first@example.com')
  expect(await link()).toMatchObject({ begun: { total: 0 }, results: [] })
})

describe('leaves ambiguous rows alone', () => {
  test('an unverified address', async () => {
    await addLegacyUser('1', 'a@example.com')
    addClerkUser('user_a', ['a@example.com'], {}, 'unverified')
    expect((await link()).results).toEqual([{ legacyId: '1', outcome: 'not verified', about: 'user_a' }])
    expect(await outcomes({ create: true })).toEqual(['1 not verified'])
    expect((await rowOf('1')).clerkId).toBeNull()
  })

  test('two rows with one address, also with --create', async () => {
    await addLegacyUser('1', 'a@example.com')
    await addLegacyUser('2', 'A@example.com')
    expect(await outcomes({ create: true })).toEqual(['1 ambiguous', '2 ambiguous'])
    addClerkUser('user_a', ['a@example.com'])
    expect(await outcomes()).toEqual(['1 ambiguous', '2 ambiguous'])
    expect([...clerk.users.keys()]).toEqual(['user_a'])
  })

  test('two Clerk users with one address', async () => {
    await addLegacyUser('1', 'a@example.com')
    addClerkUser('user_a', ['a@example.com'])
    addClerkUser('user_b', ['a@example.com'])
    expect((await link()).results).toEqual([{ legacyId: '1', outcome: 'ambiguous', about: 'user_a, user_b' }])
  })

  test('one Clerk user with the addresses of two rows in different batches', async () => {
    await addLegacyUser('first', 'a@example.com')
    for (let at = 0; at < 60; at += 1) await addLegacyUser(`between ${at}`, `p${at}@example.com`)
    await addLegacyUser('last', 'b@example.com')
    addClerkUser('user_a', ['a@example.com', 'b@example.com'])
    const list = await outcomes()
    expect(list.filter((line) => !line.endsWith('not found at Clerk'))).toEqual(['first ambiguous', 'last ambiguous'])
  })

  test('a Clerk user whose external_id names another row', async () => {
    await addLegacyUser('1', 'a@example.com')
    await addLegacyUser('2', 'b@example.com')
    addClerkUser('user_a', ['a@example.com'], { external_id: '2' })
    expect(await outcomes()).toEqual(['1 ambiguous', '2 not found at Clerk'])
  })

  test('a Clerk user who already has an account or was deleted', async () => {
    await addLegacyUser('1', 'a@example.com')
    await addLegacyUser('2', 'b@example.com')
    const { prisma } = app.app.db
    await prisma.user.create({ data: { clerkId: 'user_a', createdAt: app.now } })
    await prisma.user.create({ data: { clerkId: 'user_b', standing: 'DELETED', createdAt: app.now } })
    addClerkUser('user_a', ['a@example.com'])
    addClerkUser('user_b', ['b@example.com'])
    expect(await outcomes({ create: true })).toEqual(['1 already has an account', '2 was deleted'])
  })
})

test('does not link a row if a concurrent first request creates the user', async () => {
  await addLegacyUser('1', 'a@example.com')
  addClerkUser('user_a', ['a@example.com'])
  const { db, emails, onUserCreated, onContactsVerified } = app.app.services(users)
  const { prisma } = db
  const dbWithFirstRequest = {
    ...db,
    prisma,
    async transaction<Result>(work: Parameters<typeof db.transaction<Result>>[0]) {
      await prisma.user.create({ data: { clerkId: 'user_a', createdAt: app.now } })
      return db.transaction(work)
    },
  }
  const wait = async () => undefined
  const hooks = { onUserCreated, onContactsVerified }
  const ports = { db: dbWithFirstRequest, emails, ...hooks, clock: () => app.now, directory: directoryOf(), wait }
  const steps = await Array.fromAsync(linkLegacyUsers(ports, { create: false, dryRun: false }))
  expect(steps.at(-1)).toMatchObject({ results: [{ outcome: 'already has an account' }] })
  expect((await rowOf('1')).clerkId).toBeNull()
})

describe('with --create', () => {
  test('creates missing users at Clerk with a verified address and the legacy id', async () => {
    await addLegacyUser('old-1', 'a@example.com', { firstName: 'Mina', lastName: 'Kim' })
    expect(await outcomes()).toEqual(['old-1 not found at Clerk'])
    expect(await outcomes({ create: true })).toEqual(['old-1 created'])
    const row = await rowOf('old-1')
    expect(await directoryOf().getUser(row.clerkId ?? '')).toMatchObject({
      externalId: 'old-1',
      verifiedEmails: ['a@example.com'],
      firstName: 'Mina',
      lastName: 'Kim',
    })
    expect(await link({ create: true })).toMatchObject({ results: [] })
    expect(clerk.users.size).toBe(1)
  })

  test('finds a user who was created before a crash', async () => {
    await addLegacyUser('old-1', 'a@example.com')
    await directoryOf().createUser({ externalId: 'old-1', email: 'a@example.com', firstName: null, lastName: null })
    expect(await outcomes({ create: true })).toEqual(['old-1 linked'])
    expect(clerk.users.size).toBe(1)
  })

  test('does not create a user twice if the response is lost', async () => {
    await addLegacyUser('old-1', 'a@example.com')
    let isLost = false
    clerk.onRequest = (line) => {
      if (!line.startsWith('POST') || isLost) return null
      isLost = true
      addClerkUser('user_made', ['a@example.com'], { external_id: 'old-1' })
      return { status: 500 }
    }
    expect(await outcomes({ create: true })).toEqual(['old-1 linked'])
    expect(waits).toEqual([1_000])
    expect((await rowOf('old-1')).clerkId).toBe('user_made')
  })

  test('succeeds if the webhook about the new user is processed first', async () => {
    await addLegacyUser('old-1', 'a@example.com')
    const directory: ClerkDirectory = {
      ...directoryOf(),
      async createUser(input) {
        const user = await directoryOf().createUser(input)
        const state = { user, version: versionOfAnswer(user), reportedAt: app.now, now: app.now }
        await app.app.db.transaction((tx) => applyClerkUser(tx, app.app.services(users), state))
        return user
      },
    }
    expect((await link({ create: true, directory })).results).toMatchObject([{ outcome: 'created' }])
    expect(await app.app.db.prisma.user.count()).toBe(1)
  })

  test('reports a refusal of Clerk without the address and continues with the others', async () => {
    await addLegacyUser('1', 'a@example.com')
    await addLegacyUser('2', 'b@example.com')
    let refusals = 0
    clerk.onRequest = (line) => {
      if (!line.startsWith('POST') || refusals > 0) return null
      refusals += 1
      const errors = [{ code: 'x', message: 'x', long_message: 'a@example.com is not allowed here.' }]
      return { status: 422, body: JSON.stringify({ errors }) }
    }
    expect((await link({ create: true })).results).toMatchObject([
      { legacyId: '1', outcome: 'refused by Clerk', about: '… is not allowed here.' },
      { legacyId: '2', outcome: 'created' },
    ])
  })
})

test('a dry run reports the same outcomes and writes nothing', async () => {
  await addLegacyUser('1', 'a@example.com')
  await addLegacyUser('2', 'b@example.com')
  addClerkUser('user_a', ['a@example.com'])
  const before = await app.app.db.prisma.user.findMany()
  expect(await outcomes({ create: true, dryRun: true })).toEqual(['1 linked', '2 created'])
  expect(await app.app.db.prisma.user.findMany()).toEqual(before)
  expect([...clerk.users.keys()]).toEqual(['user_a'])
})

test('reads 50 rows at a time, retries after 429, and continues a stopped run', async () => {
  for (let at = 0; at < 120; at += 1) {
    await addLegacyUser(`${at}`, `p${at}@example.com`)
    addClerkUser(`user_${at}`, [`p${at}@example.com`])
  }
  const faults = [{ status: 429, headers: { 'retry-after': '12' } }]
  clerk.onRequest = (line) => (line.startsWith('GET /v1/users?') ? (faults.shift() ?? null) : null)
  app.now = new Date()
  expect((await link({ steps: 1 })).results).toHaveLength(50)
  expect(waits).toHaveLength(1)
  expect(Math.round((waits[0] ?? 0) / 1_000)).toBe(12)
  expect((await link()).results).toHaveLength(70)
  expect(await app.app.db.prisma.user.count({ where: { clerkId: null } })).toBe(0)
})
