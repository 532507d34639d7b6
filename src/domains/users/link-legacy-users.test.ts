import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest'
import { developmentIdentity } from '../../dev/identity.ts'
import { startTestApp, type TestApp } from '../../testing/app.ts'
import { type ClerkStandIn, clerkAddresses, clerkPerson, startClerk } from '../../testing/clerk.ts'
import { applyClerkUser } from './apply-clerk-user.ts'
import { versionOfAnswer } from './clerk-version.ts'
import { type LinkOptions, type LinkResult, type LinkStep, linkLegacyUsers } from './link-legacy-users.ts'
import type { ClerkDirectory } from './ports.ts'

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

function arrive(id: string, emails: readonly string[], changes: object = {}, status?: 'unverified'): void {
  clerk.people.set(id, clerkPerson(id, { ...clerkAddresses(emails, status), ...changes }))
}

function waitFor(legacyId: string, email: string | null, data: object = {}) {
  const { db, emails } = app.app
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
  const { db, emails, onArrival } = app.app
  const wait = async (ms: number) => void waits.push(ms)
  const ports = { db, emails, onArrival, clock: () => app.now, directory: options.directory ?? directoryOf(), wait }
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

test('a row goes to whoever has verified its address, in whatever case, the primary one or not', async () => {
  await waitFor('1', 'Mina@Example.com', { firstName: 'Older' })
  await waitFor('2', 'second@example.com')
  await waitFor('3', null)
  arrive('user_mina', ['mina@example.com'], { first_name: 'Mina', updated_at: 1_768_619_900_000 })
  arrive('user_two', ['first@example.com', 'second@example.com'])
  expect(await link()).toEqual({
    begun: { kind: 'begun', total: 2, withoutAddress: 1 },
    results: [
      { legacyId: '1', outcome: 'linked', about: 'user_mina' },
      { legacyId: '2', outcome: 'linked', about: 'user_two' },
    ],
  })
  expect(await rowOf('1')).toMatchObject({ clerkId: 'user_mina', firstName: 'Mina', legacyCredits: 5 })
  expect(app.app.emails.read((await rowOf('2')).emailSealed)).toBe('first@example.com')
  expect(await link()).toMatchObject({ begun: { total: 0 }, results: [] })
})

describe('nobody guesses', () => {
  test('an address that nobody has verified links nobody', async () => {
    await waitFor('1', 'a@example.com')
    arrive('user_a', ['a@example.com'], {}, 'unverified')
    expect((await link()).results).toEqual([{ legacyId: '1', outcome: 'not verified', about: 'user_a' }])
    expect(await outcomes({ create: true })).toEqual(['1 not verified'])
    expect((await rowOf('1')).clerkId).toBeNull()
  })

  test('two rows with one address are left alone, also where Clerk would be asked to make them', async () => {
    await waitFor('1', 'a@example.com')
    await waitFor('2', 'A@example.com')
    expect(await outcomes({ create: true })).toEqual(['1 ambiguous', '2 ambiguous'])
    arrive('user_a', ['a@example.com'])
    expect(await outcomes()).toEqual(['1 ambiguous', '2 ambiguous'])
    expect([...clerk.people.keys()]).toEqual(['user_a'])
  })

  test('two users with one address are left alone', async () => {
    await waitFor('1', 'a@example.com')
    arrive('user_a', ['a@example.com'])
    arrive('user_b', ['a@example.com'])
    expect((await link()).results).toEqual([{ legacyId: '1', outcome: 'ambiguous', about: 'user_a, user_b' }])
  })

  test('one user with the addresses of two rows is left alone, however far apart the rows are', async () => {
    await waitFor('first', 'a@example.com')
    for (let at = 0; at < 60; at += 1) await waitFor(`between ${at}`, `p${at}@example.com`)
    await waitFor('last', 'b@example.com')
    arrive('user_a', ['a@example.com', 'b@example.com'])
    const list = await outcomes()
    expect(list.filter((line) => !line.endsWith('nobody at Clerk'))).toEqual(['first ambiguous', 'last ambiguous'])
  })

  test('a user who names another row by external_id is left alone', async () => {
    await waitFor('1', 'a@example.com')
    await waitFor('2', 'b@example.com')
    arrive('user_a', ['a@example.com'], { external_id: '2' })
    expect(await outcomes()).toEqual(['1 ambiguous', '2 nobody at Clerk'])
  })

  test('a user who has a row here already, or was deleted here, is left alone', async () => {
    await waitFor('1', 'a@example.com')
    await waitFor('2', 'b@example.com')
    const { prisma } = app.app.db
    await prisma.user.create({ data: { clerkId: 'user_a', createdAt: app.now } })
    await prisma.user.create({ data: { clerkId: 'user_b', standing: 'DELETED', createdAt: app.now } })
    arrive('user_a', ['a@example.com'])
    arrive('user_b', ['b@example.com'])
    expect(await outcomes({ create: true })).toEqual(['1 has an account here already', '2 was deleted here'])
  })
})

test('a first request that makes the row meanwhile is not overtaken', async () => {
  await waitFor('1', 'a@example.com')
  arrive('user_a', ['a@example.com'])
  const { db, emails, onArrival } = app.app
  const { prisma } = db
  const lateDb = {
    ...db,
    prisma,
    async transaction<Result>(work: Parameters<typeof db.transaction<Result>>[0]) {
      await prisma.user.create({ data: { clerkId: 'user_a', createdAt: app.now } })
      return db.transaction(work)
    },
  }
  const wait = async () => undefined
  const ports = { db: lateDb, emails, onArrival, clock: () => app.now, directory: directoryOf(), wait }
  const steps = await Array.fromAsync(linkLegacyUsers(ports, { create: false, dryRun: false }))
  expect(steps.at(-1)).toMatchObject({ results: [{ outcome: 'has an account here already' }] })
  expect((await rowOf('1')).clerkId).toBeNull()
})

describe('with --create', () => {
  test('whom Clerk does not have is made there, with a verified address and the older id', async () => {
    await waitFor('old-1', 'a@example.com', { firstName: 'Mina', lastName: 'Kim' })
    expect(await outcomes()).toEqual(['old-1 nobody at Clerk'])
    expect(await outcomes({ create: true })).toEqual(['old-1 created'])
    const row = await rowOf('old-1')
    expect(await directoryOf().getUser(row.clerkId ?? '')).toMatchObject({
      externalId: 'old-1',
      verifiedEmails: ['a@example.com'],
      firstName: 'Mina',
      lastName: 'Kim',
    })
    expect(await link({ create: true })).toMatchObject({ results: [] })
    expect(clerk.people.size).toBe(1)
  })

  test('whoever was made before a crash is found again', async () => {
    await waitFor('old-1', 'a@example.com')
    await directoryOf().createUser({ externalId: 'old-1', email: 'a@example.com', firstName: null, lastName: null })
    expect(await outcomes({ create: true })).toEqual(['old-1 linked'])
    expect(clerk.people.size).toBe(1)
  })

  test('an answer that got lost makes nobody twice', async () => {
    await waitFor('old-1', 'a@example.com')
    let isLost = false
    clerk.onRequest = (line) => {
      if (!line.startsWith('POST') || isLost) return null
      isLost = true
      arrive('user_made', ['a@example.com'], { external_id: 'old-1' })
      return { status: 500 }
    }
    expect(await outcomes({ create: true })).toEqual(['old-1 linked'])
    expect(waits).toEqual([1_000])
    expect((await rowOf('old-1')).clerkId).toBe('user_made')
  })

  test('the webhook that tells of them may be faster', async () => {
    await waitFor('old-1', 'a@example.com')
    const directory: ClerkDirectory = {
      ...directoryOf(),
      async createUser(wish) {
        const user = await directoryOf().createUser(wish)
        const state = { user, version: versionOfAnswer(user), saidAt: app.now, now: app.now }
        await app.app.db.transaction((tx) => applyClerkUser(tx, app.app, state))
        return user
      },
    }
    expect((await link({ create: true, directory })).results).toMatchObject([{ outcome: 'created' }])
    expect(await app.app.db.prisma.user.count()).toBe(1)
  })

  test('what Clerk refuses is told without the address, and the others go on', async () => {
    await waitFor('1', 'a@example.com')
    await waitFor('2', 'b@example.com')
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

test('a dry run tells the same and writes nothing, here or there', async () => {
  await waitFor('1', 'a@example.com')
  await waitFor('2', 'b@example.com')
  arrive('user_a', ['a@example.com'])
  const before = await app.app.db.prisma.user.findMany()
  expect(await outcomes({ create: true, dryRun: true })).toEqual(['1 linked', '2 created'])
  expect(await app.app.db.prisma.user.findMany()).toEqual(before)
  expect([...clerk.people.keys()]).toEqual(['user_a'])
})

test('120 rows are asked for 50 at a time, with patience; a run that is stopped is run again', async () => {
  for (let at = 0; at < 120; at += 1) {
    await waitFor(`${at}`, `p${at}@example.com`)
    arrive(`user_${at}`, [`p${at}@example.com`])
  }
  const troubles = [{ status: 429, headers: { 'retry-after': '12' } }]
  clerk.onRequest = (line) => (line.startsWith('GET /v1/users?') ? (troubles.shift() ?? null) : null)
  app.now = new Date()
  expect((await link({ steps: 1 })).results).toHaveLength(50)
  expect(waits).toHaveLength(1)
  expect(Math.round((waits[0] ?? 0) / 1_000)).toBe(12)
  expect((await link()).results).toHaveLength(70)
  expect(await app.app.db.prisma.user.count({ where: { clerkId: null } })).toBe(0)
})
