import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { developmentIdentity } from '../../dev/identity.ts'
import { startTestApp, type TestApp } from '../../testing/app.ts'
import { clerkUser, type FakeClerk, startClerk } from '../../testing/clerk.ts'
import { processPendingEvents, sendClerkBody, sendClerkEvent } from '../../testing/clerk-events.ts'
import { users } from './services.ts'

const me = '{ me { id email name } }'

let app: TestApp
let clerk: FakeClerk
/** The same database, with a secret key: the first request reads the user from Clerk's API. */
let withApi: TestApp
beforeAll(async () => {
  app = await startTestApp()
  clerk = await startClerk()
  const identity = await developmentIdentity(inject('dataDir'))
  withApi = await startTestApp({
    databaseUrl: app.databaseUrl,
    config: {
      clerk: { ...app.app.config.clerk, ...identity, secretKey: 'sk_test_secret', apiUrl: clerk.url },
    },
  })
})
afterAll(async () => {
  await withApi[Symbol.asyncDispose]()
  await clerk[Symbol.asyncDispose]()
  await app[Symbol.asyncDispose]()
})

/** The Clerk id of the user who signs in with this address. */
async function idOf(email: string): Promise<string> {
  return decodeJwt(await app.token(email)).sub ?? ''
}

async function happens(type: string, data: object, timestamp = 1_800_000_000_000): Promise<void> {
  expect(await sendClerkEvent(app, { type, data, timestamp })).toBe(200)
  await processPendingEvents(app)
  expect(await app.app.db.prisma.inboxEvent.count({ where: { state: { not: 'PROCESSED' } } })).toBe(0)
}

const rowOf = async (clerkId: string) => {
  const row = await app.app.db.prisma.user.findUnique({ where: { clerkId } })
  return row && { ...row, email: app.app.services(users).emails.read(row.emailEncrypted) }
}
const address = (email: string, status = 'verified') => ({
  email_addresses: [{ id: 'idn_a', email_address: email, verification: { status } }],
  primary_email_address_id: 'idn_a',
})

describe('the order of events and requests', () => {
  test('a webhook creates the row, and the first request finds it', async () => {
    const id = await idOf('early@example.com')
    await happens('user.created', clerkUser(id, { ...address('early@example.com'), first_name: 'Mina' }))
    const answer = await app.query('early@example.com', me)
    expect(answer.data).toMatchObject({ me: { email: 'early@example.com', name: 'Mina' } })
    expect(await app.app.db.prisma.user.count({ where: { clerkId: id } })).toBe(1)
  })

  test("a webhook updates a row created from a token's claims, which keeps its id", async () => {
    const id = await idOf('claims.only@example.com')
    const { data } = await app.query('claims.only@example.com', me)
    expect(data).toMatchObject({ me: { name: 'Claims Only' } })
    await happens('user.created', clerkUser(id, { ...address('new@example.com'), updated_at: 1 }))
    const after = await app.query('claims.only@example.com', me)
    expect(after.data).toMatchObject({ me: { ...(data as { me: object }).me, name: null, email: 'new@example.com' } })
  })

  test('a response of the API wins over a later event with the same updated_at, and a newer event wins', async () => {
    const email = 'tie@example.com'
    const id = await idOf(email)
    clerk.users.set(id, clerkUser(id, { first_name: 'Answered', updated_at: 1_700_000_000_000 }))
    await withApi.query(email, me)
    await happens('user.created', clerkUser(id, { first_name: 'Event', updated_at: 1_700_000_000_000 }))
    expect(await rowOf(id)).toMatchObject({ firstName: 'Answered' })
    await happens('user.updated', clerkUser(id, { first_name: 'Newer', updated_at: 1_700_000_000_001 }))
    expect(await rowOf(id)).toMatchObject({ firstName: 'Newer' })
  })

  test('of two events with the same updated_at the later event wins', async () => {
    const id = await idOf('same-moment@example.com')
    await happens('user.updated', clerkUser(id, { first_name: 'Second' }), 1_800_000_000_002)
    await happens('user.created', clerkUser(id, { first_name: 'First' }), 1_800_000_000_001)
    expect(await rowOf(id)).toMatchObject({ firstName: 'Second' })
  })

  test('user.updated may precede user.created', async () => {
    const id = await idOf('backwards@example.com')
    await happens('user.updated', clerkUser(id, { first_name: 'Now', updated_at: 1_700_000_000_009 }))
    await happens('user.created', clerkUser(id, { first_name: 'Then', updated_at: 1_700_000_000_000 }))
    expect(await rowOf(id)).toMatchObject({ firstName: 'Now' })
  })
})

describe('columns that do not come from Clerk', () => {
  test('a webhook does not change time zone, locale and role', async () => {
    const id = await idOf('own@example.com')
    await happens('user.created', clerkUser(id))
    const own = { timeZone: 'Asia/Seoul', locale: 'ko', role: 'ADMIN' } as const
    await app.app.db.prisma.user.update({ where: { clerkId: id }, data: own })
    await happens('user.updated', clerkUser(id, { first_name: 'Mina', updated_at: 1_900_000_000_000 }))
    expect(await rowOf(id)).toMatchObject({ ...own, firstName: 'Mina' })
  })
})

test('the row has the dates that Clerk reports', async () => {
  const id = await idOf('dated@example.com')
  await app.query('dated@example.com', me)
  expect(await rowOf(id)).toMatchObject({ clerkCreatedAt: null, clerkUpdatedAt: null })
  const [created_at, updated_at] = [1_700_000_000_001, 1_700_000_000_002]
  await happens('user.created', clerkUser(id, { created_at, updated_at }))
  const dates = { clerkCreatedAt: new Date(created_at), clerkUpdatedAt: new Date(updated_at) }
  expect(await rowOf(id)).toMatchObject(dates)
  await happens('user.updated', clerkUser(id, { created_at, updated_at: updated_at + 1 }))
  expect(await rowOf(id)).toMatchObject({ ...dates, clerkUpdatedAt: new Date(updated_at + 1) })
})

describe('email addresses', () => {
  test('two users can swap their addresses', async () => {
    const [ann, ben] = [await idOf('ann@example.com'), await idOf('ben@example.com')]
    await happens('user.created', clerkUser(ann, address('ann@example.com')))
    await happens('user.created', clerkUser(ben, address('ben@example.com')))
    await happens('user.updated', clerkUser(ann, { ...address('ben@example.com'), updated_at: 1_900_000_000_000 }))
    await happens('user.updated', clerkUser(ben, { ...address('ann@example.com'), updated_at: 1_900_000_000_000 }))
    expect(await rowOf(ann)).toMatchObject({ email: 'ben@example.com' })
    expect(await rowOf(ben)).toMatchObject({ email: 'ann@example.com' })
  })

  test('a new user can have the address of a user whose deletion is received later', async () => {
    await happens('user.created', clerkUser('user_old', address('reused@example.com')))
    await happens('user.created', clerkUser('user_new', address('reused@example.com')))
    await happens('user.deleted', { object: 'user', deleted: true, id: 'user_old' })
    expect(await rowOf('user_new')).toMatchObject({ email: 'reused@example.com', standing: 'ACTIVE' })
    expect((await rowOf('user_old'))?.standing).toMatch(/^DELET/)
  })

  test.each<[string, object]>([
    ['no list', { email_addresses: undefined, primary_email_address_id: undefined }],
    ['an empty list with a primary address', { email_addresses: [], primary_email_address_id: 'idn_a' }],
    [
      'a primary address that is not in the list',
      { ...address('else@example.com'), primary_email_address_id: 'idn_b' },
    ],
    ['an empty address', address('')],
    ['an unverified address', address('someone.else@example.com', 'unverified')],
    ['an address whose verification has expired', address('someone.else@example.com', 'expired')],
    ['a list of another type', { email_addresses: 'none', primary_email_address_id: 7 }],
  ])('the user has no address: %s', async (about, changes) => {
    const id = `user_${about.replaceAll(/\W/g, '')}`
    await happens('user.created', clerkUser(id, { ...changes, first_name: '', last_name: null }))
    expect(await rowOf(id)).toMatchObject({ email: null, emailIndex: null, firstName: null, standing: 'ACTIVE' })
  })

  test('an encrypted address is found by its index, in any case', async () => {
    await happens('user.created', clerkUser('user_found', address('Find.Me@Example.com')))
    const emailIndex = app.app.services(users).emails.indexOf(' find.me@example.COM')
    expect(await app.app.db.prisma.user.findMany({ where: { emailIndex } })).toMatchObject([{ clerkId: 'user_found' }])
  })
})

describe('standing', () => {
  const statusOf = async (email: string) => (await app.query(email, me)).status

  test.each([
    ['locked', { locked: true }],
    ['locked for a time', { locked: true, lockout_expires_in_seconds: 3_600 }],
  ])('the sessions of a user who is %s continue', async (about, state) => {
    const email = `${about.replaceAll(' ', '-')}.later@example.com`
    const id = await idOf(email)
    expect(await statusOf(email)).toBe(200)
    await happens('user.updated', clerkUser(id, { ...state, updated_at: 1_900_000_000_000 }), Date.now())
    expect(await rowOf(id)).toMatchObject({ standing: 'LOCKED' })
    expect(await statusOf(email)).toBe(200)
    const changed = await app.query(email, 'mutation { updateProfile(input: { locale: "ko" }) { __typename } }')
    expect(changed.data).toEqual({ updateProfile: { __typename: 'UpdateProfilePayload' } })
  })

  test('the requests of a user who is banned are refused until it is lifted', async () => {
    const email = 'banned.later@example.com'
    const id = await idOf(email)
    expect(await statusOf(email)).toBe(200)
    await happens('user.updated', clerkUser(id, { banned: true, updated_at: 1_900_000_000_000 }), Date.now())
    expect(await statusOf(email)).toBe(401)
    await happens('user.updated', clerkUser(id, { updated_at: 1_900_000_000_001 }))
    expect(await statusOf(email)).toBe(200)
  })
})

describe('a deletion', () => {
  test('refuses the user at once, and no event, token or response of the API restores the user', async () => {
    const email = 'leaving@example.com'
    const id = await idOf(email)
    await happens('user.created', clerkUser(id, { first_name: 'Mina' }))
    expect((await app.query(email, me)).status).toBe(200)
    await happens('user.deleted', { object: 'user', deleted: true, id })
    expect((await app.query(email, me)).status).toBe(401)
    clerk.users.set(id, clerkUser(id, { updated_at: 2_000_000_000_000 }))
    await happens('user.updated', clerkUser(id, { updated_at: 2_000_000_000_000 }))
    expect((await app.query(email, me)).status).toBe(401)
    expect((await withApi.query(email, me)).status).toBe(401)
  })

  test('of an unknown user writes a tombstone, and the bodies of later events are erased', async () => {
    const email = 'never@example.com'
    const id = await idOf(email)
    await happens('user.deleted', { object: 'user', deleted: true, id })
    await happens('user.created', clerkUser(id, { ...address(email), first_name: 'Mina' }))
    expect(await rowOf(id)).toMatchObject({ standing: 'DELETED', email: null, firstName: null })
    expect((await app.query(email, me)).status).toBe(401)
    const kept = await app.app.db.prisma.inboxEvent.findMany({ where: { subject: id, body: { not: null } } })
    expect(kept).toEqual([])
  })

  test('also erases the bodies of events that cannot be parsed', async () => {
    await happens('user.deleted', { object: 'user', deleted: true, id: 'user_unreadable' })
    await happens('user.updated', { id: 'user_unreadable', first_name: 'Mina', updated_at: 'yesterday' })
    const kept = await app.app.db.prisma.inboxEvent.count({
      where: { subject: 'user_unreadable', body: { not: null } },
    })
    expect(kept).toBe(0)
  })

  test('without an id deletes no user', async () => {
    const count = () => app.app.db.prisma.user.count({ where: { standing: { in: ['DELETING', 'DELETED'] } } })
    const before = await count()
    await happens('user.deleted', { object: 'user', deleted: true })
    expect(await count()).toBe(before)
  })

  test('without an id, but with an external id, deletes the user with that legacy id', async () => {
    await happens('user.created', clerkUser('user_named'))
    await app.app.db.prisma.user.update({ where: { clerkId: 'user_named' }, data: { legacyId: 'old-7' } })
    await happens('user.deleted', { object: 'user', deleted: true, external_id: 'old-7' })
    expect((await rowOf('user_named'))?.standing).toMatch(/^DELET/)
  })
})

test('user.created with the external id of an imported row links that row, once', async () => {
  const legacy = { legacyId: 'old-1', legacyCredits: 30, createdAt: new Date() }
  const { id } = await app.app.db.prisma.user.create({ data: legacy })
  await happens('user.created', clerkUser('user_moved', { external_id: 'old-1', first_name: 'Mina' }))
  await happens('user.created', clerkUser('user_second', { external_id: 'old-1' }))
  expect(await rowOf('user_moved')).toMatchObject({ id, firstName: 'Mina', legacyCredits: 30 })
  expect(await rowOf('user_second')).toMatchObject({ legacyId: null, legacyCredits: 0 })
})

test.each(['session.created', 'organizationMembership.created', 'user.exploded', ''])(
  'the event type %s is ignored',
  async (type) => {
    const before = await app.app.db.prisma.user.count()
    await happens(type, { id: 'user_nobody', user_id: 'user_nobody' })
    expect(await app.app.db.prisma.user.count()).toBe(before)
  },
)

const fixtures = new URL('../../../../shared/fixtures/clerk/', import.meta.url)

describe.runIf(existsSync(fixtures))('recorded webhooks of Clerk', () => {
  const names = existsSync(fixtures) ? readdirSync(fixtures).filter((name) => !name.startsWith('rest_')) : []

  test.each(names)('%s is accepted and processed', async (name) => {
    const body = readFileSync(new URL(name, fixtures), 'utf8')
    const { type, data } = JSON.parse(body) as { type: string; data: { id: string } }
    expect(await sendClerkBody(app, body)).toBe(200)
    await processPendingEvents(app)
    const event = await app.app.db.prisma.inboxEvent.findFirstOrThrow({
      orderBy: [{ receivedAt: 'desc' }, { id: 'desc' }],
    })
    expect(event).toMatchObject({ type, state: 'PROCESSED', lastError: null })
    const row = await rowOf(data.id)
    if (type === 'user.deleted') expect(row?.standing).toMatch(/^DELET/)
    else if (type.startsWith('user.')) expect(row).not.toBeNull()
  })

  test.runIf(names.includes('user_created_email_null_names.json'))('a delivery creates a row', async () => {
    expect(await rowOf('user_2vX11zP5ojq7cTRY58xEXAMPLE1')).toMatchObject({
      email: 'member01@example.com',
      firstName: null,
      lastName: null,
      standing: 'ACTIVE',
    })
  })
})
