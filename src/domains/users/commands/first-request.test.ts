import { existsSync, readFileSync } from 'node:fs'
import { decodeJwt } from 'jose'
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest'
import { developmentIdentity } from '../../../dev/identity.ts'
import { startTestApp, type TestApp } from '../../../testing/app.ts'
import { clerkUser, type FakeClerk, startClerk } from '../../../testing/clerk.ts'
import { identityKey, signSessionToken } from '../../../testing/session-tokens.ts'

const recorded = new URL('../../../../../shared/fixtures/clerk/rest_get_user_2026.json', import.meta.url)
const me = '{ me { id email name firstName lastName username imageUrl } }'

let clerk: FakeClerk
let app: TestApp
beforeAll(async () => {
  clerk = await startClerk()
  app = await startTestApp({ config: { clerk: await clerkConfig() } })
})
afterEach(() => {
  clerk.fault = null
})
afterAll(async () => {
  await app[Symbol.asyncDispose]()
  await clerk[Symbol.asyncDispose]()
})

/** With CLERK_JWT_KEY and CLERK_SECRET_KEY set. */
async function clerkConfig() {
  const identity = await developmentIdentity(inject('dataDir'))
  return { ...identity, requireAuthorizedParty: true, secretKey: 'sk_test_secret', apiUrl: clerk.url }
}

/** The Clerk id of the user who signs in with this address. */
async function idOf(email: string): Promise<string> {
  return decodeJwt(await app.token(email)).sub ?? ''
}

async function knownToClerk(email: string, changes?: Record<string, unknown>): Promise<string> {
  const id = await idOf(email)
  clerk.users.set(id, clerkUser(id, changes))
  return id
}

const rowsOf = async (email: string) => app.app.db.prisma.user.findMany({ where: { clerkId: await idOf(email) } })

test("the row is created from Clerk's API, not from the token's claims", async () => {
  await knownToClerk('token@example.com', {
    email_addresses: [
      { id: 'idn_a', email_address: 'clerk@example.com', verification: { status: 'verified' }, linked_to: [] },
    ],
    primary_email_address_id: 'idn_a',
    first_name: 'Mina',
    last_name: 'Kim',
    username: 'mina',
    image_url: 'https://img.clerk.com/mina',
  })
  const answer = await app.query('token@example.com', me)
  expect(answer).toMatchObject({
    status: 200,
    data: {
      me: {
        email: 'clerk@example.com',
        name: 'Mina Kim',
        firstName: 'Mina',
        lastName: 'Kim',
        username: 'mina',
        imageUrl: 'https://img.clerk.com/mina',
      },
    },
  })
})

test('the primary address is found by its id; it need not be the first', async () => {
  await knownToClerk('second@example.com', {
    email_addresses: [
      { id: 'idn_old', email_address: 'old@example.com', verification: { status: 'verified' }, linked_to: [] },
      { id: 'idn_new', email_address: 'new@example.com', verification: { status: 'verified' }, linked_to: [] },
    ],
    primary_email_address_id: 'idn_new',
  })
  const answer = await app.query('second@example.com', me)
  expect(answer.data).toMatchObject({ me: { email: 'new@example.com' } })
})

test.each([
  ['without any address', { email_addresses: [], primary_email_address_id: null }],
  ['with addresses of which none is primary', { primary_email_address_id: null }],
])('a user %s can sign in, and has no email address', async (about, changes) => {
  const email = `${about.replaceAll(' ', '-')}@example.com`
  await knownToClerk(email, changes)
  const answer = await app.query(email, me)
  expect(answer).toMatchObject({ status: 200, data: { me: { email: null, name: null, imageUrl: null } } })
})

test('characters that Postgres cannot store are removed from names', async () => {
  await knownToClerk('odd@example.com', { first_name: 'Mi\0na', last_name: '\ud83c', username: '\0' })
  const answer = await app.query('odd@example.com', me)
  expect(answer).toMatchObject({ status: 200, data: { me: { firstName: 'Mina', lastName: '\ufffd', username: null } } })
})

test('a user who is banned in Clerk is refused in every request', async () => {
  await knownToClerk('banned@example.com', { banned: true })
  for (let request = 0; request < 2; request += 1) {
    const answer = await app.query('banned@example.com', me)
    expect(answer).toMatchObject({ status: 401, errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] })
  }
})

test.each([3_600, null])('a user who is locked (seconds left: %s) is served in a live session', async (seconds) => {
  const email = `locked-${seconds}@example.com`
  await knownToClerk(email, { locked: true, lockout_expires_in_seconds: seconds })
  expect((await app.query(email, me)).status).toBe(200)
  expect(await rowsOf(email)).toMatchObject([{ standing: 'LOCKED' }])
})

test('a user whom Clerk does not have is refused, and has no row', async () => {
  const answer = await app.query('unknown@example.com', me)
  expect(answer).toMatchObject({ status: 401, errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] })
  expect(await rowsOf('unknown@example.com')).toEqual([])
})

describe('while Clerk is unavailable', () => {
  const unavailable = { status: 503, errors: [{ extensions: { code: 'PROVIDER_UNAVAILABLE' } }] }

  async function expectRefusalUntil(email: string, restore: () => void | Promise<void>): Promise<void> {
    await knownToClerk(email)
    expect(await app.query(email, me)).toMatchObject(unavailable)
    expect(await rowsOf(email)).toEqual([])
    await restore()
    expect(await app.query(email, me)).toMatchObject({ status: 200, data: { me: { id: expect.any(String) } } })
  }

  test.each([
    ['an internal error', { status: 500 }],
    ['too many requests', { status: 429, headers: { 'retry-after': '30' } }],
    ['a wrong secret key', { status: 401 }],
    ["a proxy's error page", { status: 502, headers: { 'content-type': 'text/html' }, body: '<h1>Bad gateway</h1>' }],
    ['invalid JSON', { status: 200, body: '{"object":"user"' }],
  ])('the first request fails without a row and works later: %s', async (about, fault) => {
    clerk.fault = fault
    const email = `${about.replaceAll(/\W/g, '-')}@example.com`
    await expectRefusalUntil(email, () => {
      clerk.fault = null
    })
  })

  test('the first request fails without a row and works later: connection refused', async () => {
    await clerk.stop()
    await expectRefusalUntil('closed@example.com', () => clerk.start())
  })

  test('the requests of users who have a row succeed', async () => {
    await knownToClerk('regular@example.com')
    await app.query('regular@example.com', me)
    clerk.fault = { status: 500 }
    expect(await app.query('regular@example.com', me)).toMatchObject({ status: 200 })
  })

  test('a request fails within five seconds', async () => {
    await knownToClerk('waiting@example.com')
    const release = clerk.pause()
    try {
      const began = performance.now()
      expect(await app.query('waiting@example.com', me)).toMatchObject(unavailable)
      expect(performance.now() - began).toBeLessThan(5_000)
    } finally {
      release()
    }
  })
})

test('50 concurrent first requests send one request to Clerk', async () => {
  const id = await knownToClerk('page@example.com')
  const token = await app.token('page@example.com')
  app.takeStatements()
  const release = clerk.pause()
  const answers = Promise.all(
    Array.from({ length: 50 }, () =>
      fetch(`${app.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
        body: JSON.stringify({ query: me }),
      }).then((response) => response.json()),
    ),
  )
  // All of them have queried the row, and none has found it.
  let queries = 0
  await expect.poll(() => (queries += app.takeStatements().length)).toBe(50)
  release()
  const ids = new Set((await answers).map(({ data }) => data.me.id))
  expect(ids.size).toBe(1)
  expect(clerk.requests.filter((line) => line === `GET /v1/users/${id}`)).toHaveLength(1)
})

describe.runIf(existsSync(recorded))('a response of Clerk recorded in 2026', () => {
  test('creates a row', async () => {
    const person = JSON.parse(readFileSync(recorded, 'utf8')) as { id: string }
    clerk.users.set(person.id, person)
    const { clerk: config } = app.app.config
    const token = await signSessionToken({
      privateKey: identityKey(),
      claims: { iss: config.issuer, azp: config.authorizedParties[0], sub: person.id },
    })
    const response = await fetch(`${app.url}/graphql?query=${encodeURIComponent(me)}`, {
      headers: { authorization: `Bearer ${token}` },
    })
    expect(await response.json()).toMatchObject({
      data: {
        me: {
          email: 'mina.sample@example.com',
          name: 'Mina Sample',
          username: null,
          imageUrl: 'https://img.clerk.com/eyJ0eXBlIjoiZGVmYXVsdCJ9',
        },
      },
    })
  })
})
