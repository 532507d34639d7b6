import { randomUUID } from 'node:crypto'
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { CreditBalanceChangedDocument } from '../../../operations/typed-operations.ts'
import { grant } from '../../domains/credits/index.ts'
import type { User } from '../../generated/prisma/client.ts'
import { startTestApp, type TestApp } from '../../testing/app.ts'
import { openStream } from '../../testing/event-stream.ts'
import { createUser } from '../../testing/factories.ts'
import { identityKey, signSessionToken } from '../../testing/session-tokens.ts'

const fewSeconds = { timeout: 30_000 }
const front = 'https://front.example.com'

let app: TestApp
/** Another process of the same deployment. */
let other: TestApp
let people = 0
let email: string
let user: User
beforeAll(async () => {
  app = await startTestApp({ config: { corsOrigins: [front] } })
  other = await startTestApp({ databaseUrl: app.databaseUrl, config: { corsOrigins: [front] } })
})
beforeEach(async () => {
  people += 1
  email = `person-${people}@example.com`
  user = await createUser(app, email)
})
afterAll(async () => {
  await other[Symbol.asyncDispose]()
  await app[Symbol.asyncDispose]()
})

/** The clocks stand so many seconds before the expiry of its token: the stream ends so long after it was opened. */
async function follow(secondsLeft = 3, by?: string) {
  const disconnected = new AbortController()
  onTestFinished(() => disconnected.abort())
  const token = by === undefined ? await app.token(email) : await impersonated(by)
  app.now = new Date(expiryOf(token).getTime() - secondsLeft * 1_000)
  other.now = app.now
  const stream = await openStream(app, token, CreditBalanceChangedDocument, {}, disconnected.signal)
  const openedAt = performance.now()
  expect((await stream.next()).value).toMatchObject({ data: { creditBalanceChanged: {} } })
  return Object.assign(stream, { token, openedAt, leave: () => disconnected.abort() })
}

/** A token that expires so many seconds after the one of the stream. */
const later = (seconds: number) => app.token(email, { expiresInSeconds: 3_600 + seconds })

/** A token with which an operator impersonates the user; it expires an hour and so many seconds from now. */
function impersonated(operator: string, seconds = 0): Promise<string> {
  const { issuer, authorizedParties } = app.app.config.clerk
  const exp = Math.floor(Date.now() / 1_000) + 3_600 + seconds
  const claims = { iss: issuer, azp: authorizedParties[0], sub: user.clerkId, exp, act: { sub: operator } }
  return signSessionToken({ privateKey: identityKey(), claims })
}

const extend = (id: string | null, token: string | null, { on = other, method = 'POST' } = {}) =>
  fetch(`${on.url}/graphql/streams/${id}/token`, {
    method,
    headers: { origin: front, ...(token === null ? {} : { authorization: `Bearer ${token}` }) },
  })

const expiryOf = (token: string) => new Date((decodeJwt(token).exp ?? 0) * 1_000)

const change = () =>
  app.app.db.transaction((tx) =>
    grant(tx, {
      userId: user.id,
      amount: 1,
      source: 'GIFTS',
      key: randomUUID(),
      description: 'A gift',
      now: new Date(),
    }),
  )

const rowsOf = (id: string | null) => app.app.db.prisma.eventStream.findMany({ where: { id: id ?? '' } })

const refused = async (response: Response) => {
  const { errors } = (await response.json()) as { errors: { extensions: { code: string } }[] }
  return [response.status, errors[0]?.extensions.code]
}

test(
  'a fresh token, sent to another process, keeps a stream open beyond the expiry of its first token',
  fewSeconds,
  async () => {
    const stream = await follow(3)
    const fresh = await later(2)
    const response = await extend(stream.id, fresh)
    expect(response.status).toBe(200)
    expect(await response.json()).toEqual({ expiresAt: expiryOf(fresh).toISOString() })
    const next = stream.next()
    await expect.poll(() => performance.now() - stream.openedAt, { timeout: 10_000 }).toBeGreaterThan(3_500)
    await change()
    expect((await next).value).toMatchObject({ data: { creditBalanceChanged: { creditBalance: 1 } } })
    // It ends with the second token, and its row is deleted.
    expect(await stream.next()).toEqual({ done: true, value: 'TOKEN_EXPIRED' })
    expect(performance.now() - stream.openedAt).toBeGreaterThan(5_000)
    expect(await rowsOf(stream.id)).toEqual([])
  },
)

test('the process that has the stream extends it too, and an older token does not shorten it', fewSeconds, async () => {
  const stream = await follow()
  const fresh = await later(60)
  const latest = { expiresAt: expiryOf(fresh).toISOString() }
  expect(await (await extend(stream.id, fresh, { on: app })).json()).toEqual(latest)
  expect(await (await extend(stream.id, await later(30), { on: app })).json()).toEqual(latest)
})

test('the operator who opened a stream while impersonating the user extends it', fewSeconds, async () => {
  const stream = await follow(3, 'user_operator')
  const fresh = await impersonated('user_operator', 60)
  expect(await (await extend(stream.id, fresh)).json()).toEqual({ expiresAt: expiryOf(fresh).toISOString() })
  expect(await rowsOf(stream.id)).toMatchObject([{ userId: user.id, actorClerkId: 'user_operator' }])
})

test('a page may read x-stream-id, and send the token after a preflight request', fewSeconds, async () => {
  const stream = await follow()
  const preflight = await fetch(`${app.url}/graphql/streams/${stream.id}/token`, {
    method: 'OPTIONS',
    headers: {
      origin: front,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization',
    },
  })
  expect(preflight.status).toBe(204)
  expect(preflight.headers.get('access-control-allow-headers')).toContain('authorization')
  const response = await extend(stream.id, await app.token(email))
  expect(response.headers.get('access-control-allow-origin')).toBe(front)
  expect(response.headers.get('access-control-expose-headers')).toContain('x-stream-id')
})

describe('a stream is not extended', () => {
  test('by the token of another user', fewSeconds, async () => {
    const stream = await follow(1)
    await createUser(app, `not-${email}`)
    expect(await refused(await extend(stream.id, await app.token(`not-${email}`)))).toEqual([404, 'NOT_FOUND'])
    expect(await stream.next()).toEqual({ done: true, value: 'TOKEN_EXPIRED' })
  })

  test('by a user who is no admin any more', fewSeconds, async () => {
    await app.app.db.prisma.user.update({ where: { id: user.id }, data: { role: 'ADMIN' } })
    const stream = await follow(1)
    await app.app.db.prisma.user.update({ where: { id: user.id }, data: { role: 'USER' } })
    expect(await refused(await extend(stream.id, await app.token(email)))).toEqual([404, 'NOT_FOUND'])
  })

  test('that an operator opened who impersonates the user, by the user or another operator', fewSeconds, async () => {
    const stream = await follow(1, 'user_operator')
    expect(await refused(await extend(stream.id, await later(60)))).toEqual([404, 'NOT_FOUND'])
    expect(await refused(await extend(stream.id, await impersonated('user_other', 60)))).toEqual([404, 'NOT_FOUND'])
    expect(await stream.next()).toEqual({ done: true, value: 'TOKEN_EXPIRED' })
  })

  test('that the user opened, by an operator who impersonates the user', fewSeconds, async () => {
    const stream = await follow(1)
    expect(await refused(await extend(stream.id, await impersonated('user_operator', 60)))).toEqual([404, 'NOT_FOUND'])
    expect(await stream.next()).toEqual({ done: true, value: 'TOKEN_EXPIRED' })
  })

  test('without a token, with an expired one or with something else', fewSeconds, async () => {
    const stream = await follow()
    expect(await refused(await extend(stream.id, null))).toEqual([401, 'UNAUTHENTICATED'])
    const expired = await app.token(email, { expiresInSeconds: -60 })
    expect(await refused(await extend(stream.id, expired))).toEqual([401, 'UNAUTHENTICATED'])
    expect(await refused(await extend(stream.id, 'forged'))).toEqual([401, 'UNAUTHENTICATED'])
    expect(await rowsOf(stream.id)).toMatchObject([{ expiresAt: expiryOf(stream.token) }])
  })

  test('that has ended or never was', fewSeconds, async () => {
    const stream = await follow()
    stream.leave()
    await expect.poll(() => rowsOf(stream.id)).toEqual([])
    const token = await app.token(email)
    expect(await refused(await extend(stream.id, token))).toEqual([404, 'NOT_FOUND'])
    expect(await refused(await extend(randomUUID(), token))).toEqual([404, 'NOT_FOUND'])
    expect(await refused(await extend('1', token))).toEqual([404, 'NOT_FOUND'])
  })

  test('by another method', fewSeconds, async () => {
    const stream = await follow()
    expect(await refused(await extend(stream.id, await app.token(email), { method: 'GET' }))).toEqual([
      405,
      'METHOD_NOT_ALLOWED',
    ])
  })
})

test('an extended stream ends, with complete, when its user is banned', fewSeconds, async () => {
  const stream = await follow()
  expect((await extend(stream.id, await later(60))).status).toBe(200)
  await app.app.db.prisma.user.update({ where: { id: user.id }, data: { standing: 'BANNED' } })
  expect((await stream.next()).value).toMatchObject({ errors: [{ extensions: { code: 'ACCOUNT_UNAVAILABLE' } }] })
  expect(await stream.next()).toEqual({ done: true, value: undefined })
  expect(await refused(await extend(stream.id, await app.token(email)))).toEqual([401, 'UNAUTHENTICATED'])
})

test('a stream whose row cannot be read ends with its first token', fewSeconds, async () => {
  const stream = await follow()
  expect((await extend(stream.id, await later(60))).status).toBe(200)
  await app.owner.query('ALTER TABLE event_streams RENAME TO mislaid')
  try {
    expect(await stream.next()).toEqual({ done: true, value: 'TOKEN_EXPIRED' })
  } finally {
    await app.owner.query('ALTER TABLE mislaid RENAME TO event_streams')
  }
})

test('the row that a killed process left is deleted an hour after its token has expired', async () => {
  const row = { userId: user.id, isAdmin: false }
  const [left, recent] = [randomUUID(), randomUUID()]
  const ago = (minutes: number) => new Date(app.now.getTime() - minutes * 60_000)
  await app.app.db.prisma.eventStream.createMany({
    data: [
      { ...row, id: left, expiresAt: ago(61) },
      { ...row, id: recent, expiresAt: ago(59) },
    ],
  })
  await app.runJob('platform.prune-event-streams')
  expect(await rowsOf(left)).toEqual([])
  expect(await rowsOf(recent)).toHaveLength(1)
})
