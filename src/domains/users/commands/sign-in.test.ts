import { createPublicKey, createSign, generateKeyPairSync, randomUUID } from 'node:crypto'
import { decodeJwt, SignJWT, UnsecuredJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { toGlobalId } from '../../../graphql/ids.ts'
import { type Answer, startTestApp, type TestApp } from '../../../testing/app.ts'
import { identityKey, signSessionToken } from '../../../testing/session-tokens.ts'

const invalid = 'The session token is invalid. Sign in again.'
const expired = 'The session token has expired. Get a new token and try again.'
const meQuery = '{ me { id } }'

let app: TestApp
/** A second process of the same deployment. */
let other: TestApp
beforeAll(async () => {
  app = await startTestApp()
  other = await startTestApp({ databaseUrl: app.databaseUrl })
})
afterAll(async () => {
  await other[Symbol.asyncDispose]()
  await app[Symbol.asyncDispose]()
})

/** A valid token, with these claims in place of its own. */
function sign(claims: object = {}): Promise<string> {
  return signSessionToken({ privateKey: identityKey(), claims: { ...accepted(), ...claims } })
}

/** A valid token with these fields in its header. jose does not sign a header that requires unknown extensions. */
async function withHeader(header: object): Promise<string> {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const signed = `${part({ alg: 'RS256', typ: 'JWT', ...header })}.${part(decodeJwt(await sign()))}`
  return `${signed}.${createSign('RSA-SHA256').update(signed).sign(identityKey(), 'base64url')}`
}

function accepted() {
  const { issuer, authorizedParties } = app.app.config.clerk
  return { iss: issuer, azp: authorizedParties[0] }
}

/** The token with another subject and the original signature. */
function withSubject(token: string, sub: string): string {
  const [header, , signature] = token.split('.')
  const payload = Buffer.from(JSON.stringify({ ...decodeJwt(token), sub })).toString('base64url')
  return [header, payload, signature].join('.')
}

const inSeconds = (seconds: number) => Math.floor(Date.now() / 1_000) + seconds

interface Me {
  readonly me: Readonly<Record<string, string | null>> | null
}

/** Sends a query with exactly this Authorization header. */
async function send(authorization: string, query = meQuery, { url }: { readonly url: string } = app) {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization },
    body: JSON.stringify({ query }),
  })
  return { status: response.status, ...((await response.json()) as Pick<Answer<Me>, 'data' | 'errors'>) }
}

function expectRefusal(answer: Awaited<ReturnType<typeof send>>, message: string): void {
  expect(answer).toMatchObject({ status: 401, errors: [{ message, extensions: { code: 'UNAUTHENTICATED' } }] })
  expect(answer.errors).toHaveLength(1)
  expect(answer.data ?? null).toBeNull()
}

describe('without a token', () => {
  test('me is null', async () => {
    const answer = await app.query(null, meQuery)
    expect(answer).toMatchObject({ status: 200, data: { me: null } })
    expect(answer.errors).toBeUndefined()
  })

  test.each([
    ['node', `{ node(id: "${toGlobalId('User', randomUUID())}") { id } }`],
    ['nodes', '{ nodes(ids: []) { id } }'],
    ['cancelUpload', 'mutation { cancelUpload(input: { uploadId: "x" }) { __typename } }'],
    ['deleteActivity', 'mutation { deleteActivity(input: { activityId: "x" }) { __typename } }'],
  ])('%s returns UNAUTHENTICATED and no data', async (_about, query) => {
    const { data, errors } = await app.query(null, query)
    expect(errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }])
    for (const value of Object.values(data ?? {})) expect(value).toBeNull()
  })
})

describe('a valid token', () => {
  test('authenticates its user', async () => {
    const answer = await send(`Bearer ${await sign()}`)
    expect(answer).toMatchObject({ status: 200, data: { me: { id: expect.any(String) } } })
  })

  test.each([
    ['several spaces', 'Bearer    '],
    ['lower case', 'bearer '],
  ])('is accepted after the scheme with %s', async (_about, scheme) => {
    expect((await send(scheme + (await sign()))).status).toBe(200)
  })
})

test('a token with another field in its header is accepted', async () => {
  expect((await send(`Bearer ${await withHeader({ cty: 'JWT' })}`)).status).toBe(200)
})

describe('an invalid token is refused with HTTP 401 and no further reason', () => {
  const foreignKey = generateKeyPairSync('rsa', { modulusLength: 2_048 }).privateKey
  const pem = () => createPublicKey(identityKey()).export({ type: 'spki', format: 'pem' }).toString()

  test.each<[string, () => Promise<string> | string]>([
    ['signed by another key', () => signSessionToken({ privateKey: foreignKey, claims: accepted() })],
    ['changed after it was signed', async () => withSubject(await sign(), 'user_b')],
    ['unsigned', () => new UnsecuredJWT({ ...accepted(), sub: 'user_a', exp: inSeconds(60) }).encode()],
    [
      'signed with the public key as a shared secret',
      () =>
        new SignJWT({ ...accepted(), sub: 'user_a', iat: inSeconds(-1), exp: inSeconds(60) })
          .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
          .sign(new TextEncoder().encode(pem())),
    ],
    ['with a header that requires an extension', () => withHeader({ crit: ['exp'], exp: 1 })],
    ['with an empty list of required extensions', () => withHeader({ crit: [] })],
    ['of another issuer', () => sign({ iss: 'https://clerk.elsewhere.example' })],
    ['without an issuer', () => sign({ iss: undefined })],
    ['of another authorized party', () => sign({ azp: 'https://elsewhere.example' })],
    ['without an authorized party', () => sign({ azp: undefined })],
    ['with null as the authorized party', () => sign({ azp: null })],
    ['with an empty authorized party', () => sign({ azp: '' })],
    ['without a session', () => sign({ sid: undefined })],
    ['with null as the session', () => sign({ sid: null })],
    ['with an actor without an id', () => sign({ act: {} })],
    ['with an actor of another type', () => sign({ act: 'user_operator' })],
    ['issued in the future', () => sign({ iat: inSeconds(60) })],
    ['of a session that is pending', () => sign({ sts: 'pending' })],
    ['not valid yet', () => sign({ nbf: inSeconds(60) })],
    ['without an expiry', () => sign({ exp: undefined })],
    ['with an expiry outside the range of dates', () => sign({ exp: 1e13 })],
    ['for another service', () => signSessionToken({ privateKey: identityKey(), claims: accepted(), header: machine })],
    ['without a subject', () => sign({ sub: undefined })],
    ['with an empty subject', () => sign({ sub: '' })],
    ['with NUL in the subject', () => sign({ sub: 'user_\0a' })],
    ['with the id of an organisation as the subject', () => sign({ sub: 'org_a' })],
    ['with a subject that is only a prefix', () => sign({ sub: 'user_' })],
    ['with a hyphen in the subject', () => sign({ sub: 'user_a-b' })],
    ['with a line break after the subject', () => sign({ sub: 'user_a\n' })],
    ['with spaces in the subject', () => sign({ sub: 'user_a b' })],
    ['with a lone surrogate in the subject', () => sign({ sub: 'user_\ud83c' })],
    ['with a subject that is a list', () => sign({ sub: ['user_a'] })],
    ['with a subject of 10 kB', () => sign({ sub: `user_${'u'.repeat(10_000)}` })],
    ['of 10 kB', () => sign({ more: 'x'.repeat(10_000) })],
    ['no token', () => 'token'],
    ['two dots', () => '..'],
    ['JSON that is no token', () => `${Buffer.from('null').toString('base64url')}.bnVsbA.`],
  ])('%s', async (_about, token) => {
    expectRefusal(await send(`Bearer ${await token()}`), invalid)
  })

  const machine = { cat: 'cl_B7d4PD333AAA' }

  test.each([
    ['Basic', 'Basic YWxpY2U6c2VjcmV0'],
    ['Bearer without a token', 'Bearer'],
    ['Bearer with only spaces', 'Bearer   '],
    ['two tokens', 'Bearer a.b.c d.e.f'],
    ['nothing', ''],
  ])('the header is %s', async (_about, header) => {
    expectRefusal(await send(header), invalid)
  })

  test.each(['', 'Basic ', 'Token ', 'Basic Bearer ', 'Bearer:'])('a valid token after "%s"', async (scheme) => {
    expectRefusal(await send(scheme + (await sign())), invalid)
  })

  test('20 kB of headers are refused before they are parsed', async () => {
    const response = await fetch(`${app.url}/graphql`, { headers: { authorization: `Bearer ${'x'.repeat(20_000)}` } })
    expect(response.status).toBe(431)
  })

  test('also for fields that need no authentication', async () => {
    expectRefusal(await send('Bearer x', '{ __typename }'), invalid)
  })
})

describe('expiry', () => {
  test('an expired token is refused with a message of its own', async () => {
    expectRefusal(await send(`Bearer ${await sign({ exp: inSeconds(-30) })}`), expired)
  })

  test('a cached token is refused once it has expired', async () => {
    const exp = inSeconds(600)
    const authorization = `Bearer ${await sign({ exp })}`
    try {
      expect((await send(authorization)).status).toBe(200)
      app.now = new Date(exp * 1_000 + 4_999)
      expect((await send(authorization)).status).toBe(200)
      app.now = new Date(exp * 1_000 + 5_000)
      expectRefusal(await send(authorization), expired)
    } finally {
      app.now = new Date()
    }
  })
})

describe('a clock difference of less than five seconds is tolerated', () => {
  test.each([
    ['exp', -2],
    ['nbf', 4],
    ['iat', 4],
  ])('on %s', async (claim, seconds) => {
    app.now = new Date()
    expect((await send(`Bearer ${await sign({ [claim]: inSeconds(seconds) })}`)).status).toBe(200)
  })
})

describe('a token without a session', () => {
  test.each([undefined, null, ''])('(sid is %j) is accepted if the configuration allows it', async (sid) => {
    const { clerk } = app.app.config
    await using templates = await startTestApp({
      databaseUrl: app.databaseUrl,
      config: { clerk: { ...clerk, requireSession: false } },
    })
    expect((await send(`Bearer ${await sign({ sid })}`, meQuery, templates)).status).toBe(200)
  })
})

describe('a token without an authorized party', () => {
  test.each([undefined, null, ''])('(azp is %j) is accepted if the configuration allows it', async (azp) => {
    const { clerk } = app.app.config
    await using native = await startTestApp({
      databaseUrl: app.databaseUrl,
      config: { clerk: { ...clerk, requireAuthorizedParty: false } },
    })
    expect((await send(`Bearer ${await sign({ azp })}`, meQuery, native)).status).toBe(200)
  })

  test('is accepted if the configuration allows it; one of another party is refused', async () => {
    const { clerk } = app.app.config
    await using native = await startTestApp({
      databaseUrl: app.databaseUrl,
      config: { clerk: { ...clerk, requireAuthorizedParty: false } },
    })
    expect((await send(`Bearer ${await sign({ azp: undefined })}`, meQuery, native)).status).toBe(200)
    expectRefusal(await send(`Bearer ${await sign({ azp: 'https://elsewhere.example' })}`, meQuery, native), invalid)
  })
})

describe('the standing and role in the database apply at once', () => {
  test.each(['BANNED', 'DELETED'])('the next request of a %s user is refused, on every instance', async (standing) => {
    const sub = `user_${standing.toLowerCase()}`
    const authorization = `Bearer ${await sign({ sub })}`
    expect((await send(authorization)).status).toBe(200)
    expect((await send(authorization, meQuery, other)).status).toBe(200)

    await app.app.db.pool.query('UPDATE users SET standing = $1::"UserStanding" WHERE clerk_id = $2', [standing, sub])
    expectRefusal(await send(authorization), invalid)
    expectRefusal(await send(authorization, meQuery, other), invalid)
    // A new token makes no difference.
    expectRefusal(await send(`Bearer ${await sign({ sub })}`), invalid)
  })

  test('the role comes from the row or from the configuration', async () => {
    const { clerk } = app.app.config
    await using withAdmin = await startTestApp({
      databaseUrl: app.databaseUrl,
      config: { clerk, adminClerkIds: ['user_boss'] },
    })
    const role = async (sub: string) => (await send(`Bearer ${await sign({ sub })}`, '{ me { role } }', withAdmin)).data
    expect(await role('user_boss')).toEqual({ me: { role: 'ADMIN' } })
    expect(await role('user_worker')).toEqual({ me: { role: 'USER' } })
    await app.app.db.pool.query(`UPDATE users SET role = 'ADMIN' WHERE clerk_id = 'user_worker'`)
    expect(await role('user_worker')).toEqual({ me: { role: 'ADMIN' } })
  })
})

describe('first requests', () => {
  async function expectOneRow(sub: string, instances: readonly TestApp[]): Promise<void> {
    const authorization = `Bearer ${await sign({ sub })}`
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, n) => send(authorization, meQuery, instances[n % instances.length])),
    )
    expect(answers.filter(({ status, errors }) => status !== 200 || errors)).toEqual([])
    expect(new Set(answers.map(({ data }) => data.me?.id)).size).toBe(1)
    expect(await app.app.db.prisma.user.count({ where: { clerkId: sub } })).toBe(1)
  }

  test('100 concurrent requests create one row and return no error', () => expectOneRow('user_crowd', [app]))

  test('100 concurrent requests on two instances create one row and return no error', () =>
    expectOneRow('user_crowd_of_two', [app, other]))

  test('authenticating a user who has a row takes one statement', async () => {
    const authorization = `Bearer ${await sign({ sub: 'user_known' })}`
    await send(authorization)
    app.takeStatements()
    await send(authorization)
    expect(app.takeStatements()).toEqual([expect.stringMatching(/^SELECT .*"clerk_id" = \$1/)])
  })
})

describe("the profile of a user created from a token's claims", () => {
  const profile = '{ me { email name firstName lastName username imageUrl timeZone locale role createdAt } }'
  const read = async (claims: object) => {
    const { status, data } = await send(`Bearer ${await sign(claims)}`, profile)
    expect(status).toBe(200)
    return data.me
  }

  test('contains the claims', async () => {
    app.now = new Date('2026-11-21T09:30:00.123Z')
    try {
      expect(
        await read({
          exp: Date.parse('2027-01-01T00:00:00Z') / 1_000,
          email: 'mina@example.com',
          first_name: 'Mina',
          last_name: '김',
          username: 'mina',
          image_url: 'https://img.clerk.com/mina',
        }),
      ).toEqual({
        email: 'mina@example.com',
        name: 'Mina 김',
        firstName: 'Mina',
        lastName: '김',
        username: 'mina',
        imageUrl: 'https://img.clerk.com/mina',
        timeZone: 'UTC',
        locale: null,
        role: 'USER',
        createdAt: '2026-11-21T09:30:00.123Z',
      })
    } finally {
      app.now = new Date()
    }
  })

  const nothing = { email: null, name: null, firstName: null, lastName: null, username: null, imageUrl: null }

  test.each<[string, object]>([
    ['are missing', {}],
    ['are null', { email: null, first_name: null, last_name: null, username: null, image_url: null }],
    ['are empty', { email: '', first_name: ' ', last_name: '\0', username: '', image_url: '' }],
    ['are of other types', { email: 7, first_name: {}, last_name: ['a'], username: true, image_url: 1e300 }],
    ['are too long', { email: 'x'.repeat(1_001), first_name: 'x'.repeat(2_000) }],
  ])('is empty if the claims %s', async (_about, claims) => {
    expect(await read(claims)).toMatchObject(nothing)
  })

  test('contains no NUL and no lone surrogates', async () => {
    const me = await read({ email: 'a\0@example.com', first_name: '\ud83cx', last_name: '\0', username: 'ok\udc00' })
    expect(me).toMatchObject({
      ...nothing,
      email: 'a@example.com',
      firstName: '\ufffdx',
      username: 'ok\ufffd',
      name: '\ufffdx',
    })
  })

  test('has the username as its name if there is no other name', async () => {
    expect(await read({ username: 'mina' })).toMatchObject({ name: 'mina' })
  })
})
