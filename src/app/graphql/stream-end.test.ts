import { decodeJwt } from 'jose'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import {
  ActivityUpdatedDocument,
  CreditBalanceChangedDocument,
  DeleteAccountDocument,
  DeleteActivityDocument,
} from '../../../operations/typed-operations.ts'
import type { Config } from '../../config/config.ts'
import { defaultLimits } from '../../config/limits.ts'
import { activityTopic } from '../../domains/activities/topic.ts'
import { grant } from '../../domains/credits/index.ts'
import { standingTopic } from '../../domains/users/index.ts'
import type { User } from '../../generated/prisma/client.ts'
import { toGlobalId } from '../../graphql/ids.ts'
import { createLog } from '../../platform/observability/log.ts'
import { startTestApp, type TestApp } from '../../testing/app.ts'
import { clerkUser } from '../../testing/clerk.ts'
import { processPendingEvents, sendClerkEvent } from '../../testing/clerk-events.ts'
import { openStream } from '../../testing/event-stream.ts'
import { createActivity, createUser } from '../../testing/factories.ts'
import { samplesIn } from '../../testing/metric-samples.ts'
import { createAdapters } from '../adapters.ts'
import { createApp } from '../app.ts'
import { createHealth } from '../health/health.ts'
import { createRequestHandlers } from '../http/handlers.ts'
import { startHttpServer } from '../http/server.ts'

const promptly = { timeout: 20_000 }
const ended = { done: true, value: undefined }

let app: TestApp
let other: Awaited<ReturnType<typeof startOther>>
let people = 0
beforeAll(async () => {
  app = await startTestApp()
  other = await startOther()
})
beforeEach(() => {
  other.lines.length = 0
})
afterAll(async () => {
  await other[Symbol.asyncDispose]()
  await app[Symbol.asyncDispose]()
})

/** A second process of the same deployment, with its log and its metrics. */
async function startOther(changes: Partial<Config> = {}, clock = () => new Date()) {
  const config = { ...app.app.config, ...changes }
  const lines: string[] = []
  const log = createLog({ level: 'info', pretty: false, destination: { write: (line) => void lines.push(line) } })
  const stack = new AsyncDisposableStack()
  const parts = stack.use(createApp({ config, adapters: createAdapters(config), log, clock }))
  const front = await startHttpServer({ ...config, log, health: createHealth() })
  const stop = () => front.close()
  stack.defer(stop)
  front.open(createRequestHandlers(parts, null))
  const url = `http://127.0.0.1:${front.port}`
  const statements: string[] = []
  parts.db.onStatement(({ query }) => statements.push(query))
  return { url, lines, statements, parts, stop, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

type Other = typeof other

async function newPerson(): Promise<{ email: string; user: User }> {
  people += 1
  const email = `person-${people}@example.com`
  return { email, user: await createUser(app, email) }
}

/** A stream on the other process, after its first event. */
async function follow(email: string, { on = other, token = app.token(email) } = {}) {
  const leaving = new AbortController()
  const stream = await openStream(on, await token, CreditBalanceChangedDocument, {}, leaving.signal)
  expect((await stream.next()).value?.data.creditBalanceChanged).toBeDefined()
  return Object.assign(stream, { leave: () => leaving.abort() })
}

const errorOf = (code: string) => ({ value: { errors: [{ extensions: { code } }] } })

async function endsBy(on: Other = other): Promise<Record<string, number>> {
  const { text } = await on.parts.metrics.expose()
  const counts = Object.entries(samplesIn(text, 'graphql_streams_ended_total'))
  return Object.fromEntries(counts.map(([labels, count]) => [/"(.*)"/.exec(labels)?.[1], count]))
}

/** How many have ended for each reason since the counts `before`. As many lines of the log have that reason. */
async function endedSince(before: Record<string, number>, on: Other = other): Promise<Record<string, number>> {
  const after = Object.entries(await endsBy(on)).map(
    ([reason, count]) => [reason, count - (before[reason] ?? 0)] as const,
  )
  const counts = Object.fromEntries(after.filter(([, count]) => count > 0))
  const logged: Record<string, number> = {}
  for (const line of on.lines) {
    const { streamEnd } = JSON.parse(line) as { streamEnd?: string }
    if (streamEnd) logged[streamEnd] = (logged[streamEnd] ?? 0) + 1
  }
  expect(logged).toEqual(counts)
  return counts
}

const codesIn = ({ lines }: Other) => lines.map((line) => (JSON.parse(line) as { codes?: string[] }).codes)

describe('every stream that ends is counted and logged with its reason', () => {
  test('of which none has ended at the start', async () => {
    await using fresh = await startOther()
    expect(await endsBy(fresh)).toEqual({
      completed: 0,
      disconnected: 0,
      token_expired: 0,
      user_unavailable: 0,
      server_stopping: 0,
      rate_limited: 0,
      error: 0,
    })
  })

  test('the token has expired', promptly, async () => {
    const { email } = await newPerson()
    const token = app.token(email)
    // The clock stands three seconds before the expiry: a stream ends so long after it was opened.
    const now = new Date((decodeJwt(await token).exp ?? 0) * 1_000 - 3_000)
    await using serving = await startOther({}, () => now)
    const streams = await Promise.all([1, 2, 3].map(() => follow(email, { on: serving, token })))
    for (const stream of streams) {
      expect(await stream.next()).toEqual({ done: true, value: 'TOKEN_EXPIRED' })
      expect(await stream.next()).toEqual(ended)
    }
    await expect.poll(() => endedSince({}, serving)).toEqual({ token_expired: 3 })
    expect(codesIn(serving)).toEqual([1, 2, 3].map(() => ['TOKEN_EXPIRED']))
    const { text } = await serving.parts.metrics.expose()
    expect(samplesIn(text, 'graphql_errors_total')).toEqual({ '{code="TOKEN_EXPIRED"}': 3 })
  })

  test('the server stops', promptly, async () => {
    await using stopping = await startOther()
    const { email } = await newPerson()
    const streams = await Promise.all([1, 2, 3].map(() => follow(email, { on: stopping })))
    const stopped = stopping.stop()
    for (const stream of streams) {
      expect(await stream.next()).toEqual({ done: true, value: 'SERVER_STOPPING' })
      expect(await stream.next()).toEqual(ended)
    }
    await stopped
    await expect.poll(() => endedSince({}, stopping)).toEqual({ server_stopping: 3 })
  })

  test('the client disconnects', promptly, async () => {
    const { email } = await newPerson()
    const before = await endsBy()
    const streams = await Promise.all([1, 2, 3].map(() => follow(email)))
    for (const stream of streams) stream.leave()
    await expect.poll(() => endedSince(before)).toEqual({ disconnected: 3 })
    expect(codesIn(other)).toEqual([undefined, undefined, undefined])
  })

  test('there is nothing more to send', promptly, async () => {
    const { email, user } = await newPerson()
    const before = await endsBy()
    const activityId = toGlobalId('Activity', (await createActivity(app, user)).id)
    const token = await app.token(email)
    const open = () => openStream(other, token, ActivityUpdatedDocument, { activityId })
    const streams = await Promise.all([open(), open()])
    for (const stream of streams) await stream.next()
    await app.run(email, DeleteActivityDocument, { input: { activityId } })
    for (const stream of streams) expect(await stream.next()).toEqual(ended)
    await expect.poll(() => endedSince(before)).toEqual({ completed: 2 })
  })

  test('the person has used up what is allowed', promptly, async () => {
    const limits = { ...defaultLimits, costPerUser: { points: 1, seconds: 60 } }
    await using poor = await startOther({ limits })
    const { email, user } = await newPerson()
    const stream = await follow(email, { on: poor })
    const gift = {
      userId: user.id,
      amount: 1,
      source: 'GIFTS',
      key: 'gift',
      description: 'A gift',
      now: new Date(),
    } as const
    await app.app.db.transaction((tx) => grant(tx, gift))
    expect(await stream.next()).toMatchObject(errorOf('RATE_LIMITED'))
    expect(await stream.next()).toEqual(ended)
    await expect.poll(() => endedSince({}, poor)).toEqual({ rate_limited: 1 })
  })

  test('an event cannot be read', promptly, async () => {
    const { email, user } = await newPerson()
    const before = await endsBy()
    const activity = await createActivity(app, user)
    const token = await app.token(email)
    const variables = { activityId: toGlobalId('Activity', activity.id) }
    const stream = await openStream(other, token, ActivityUpdatedDocument, variables)
    await stream.next()
    await app.owner.query('ALTER TABLE activities RENAME TO mislaid')
    try {
      other.parts.notifications.publish([activityTopic(activity.id)])
      expect(await stream.next()).toMatchObject(errorOf('INTERNAL_SERVER_ERROR'))
      expect(await stream.next()).toEqual(ended)
    } finally {
      await app.owner.query('ALTER TABLE mislaid RENAME TO activities')
    }
    await expect.poll(() => endedSince(before)).toEqual({ error: 1 })
  })
})

describe('the streams of a person end on every process after the commit that', () => {
  const unavailable = errorOf('ACCOUNT_UNAVAILABLE')

  /** Opens streams on both processes; resolves to a check that all of them end. */
  async function followOnBoth(email: string) {
    const streams = await Promise.all([
      follow(email),
      follow(email),
      openStream(app, await app.token(email), CreditBalanceChangedDocument, {}),
    ])
    await streams[2]?.next()
    return async () => {
      for (const stream of streams) {
        expect(await stream.next()).toMatchObject(unavailable)
        expect(await stream.next()).toEqual(ended)
      }
    }
  }

  test('bans them, which notifies every process', promptly, async () => {
    const [{ email, user }, innocent] = [await newPerson(), await newPerson()]
    const before = await endsBy()
    const haveEnded = await followOnBoth(email)
    const stays = await follow(innocent.email)
    const notified = (await other.parts.notifications.subscribe(standingTopic(user.id), never))[Symbol.asyncIterator]()
    const data = clerkUser(user.clerkId ?? '', { banned: true })
    await sendClerkEvent(app, { type: 'user.updated', data })
    await processPendingEvents(app)
    await haveEnded()
    expect(await notified.next()).toEqual({ done: false, value: undefined })
    await expect(follow(email)).rejects.toThrow(/401.*UNAUTHENTICATED/s)
    await expect.poll(() => endedSince(before)).toEqual({ user_unavailable: 2 })
    stays.leave()
  })

  test('bans them again, after the first ban was lifted', promptly, async () => {
    const { email, user } = await newPerson()
    const setStanding = (standing: string) =>
      app.app.db.pool.query('UPDATE users SET standing = $1::"UserStanding" WHERE id = $2', [standing, user.id])
    for (const _ of [1, 2]) {
      const haveEnded = await followOnBoth(email)
      await setStanding('BANNED')
      await haveEnded()
      await setStanding('ACTIVE')
    }
  })

  test('begins to delete their account', promptly, async () => {
    const { email } = await newPerson()
    const haveEnded = await followOnBoth(email)
    const { data } = await app.run(email, DeleteAccountDocument, { input: { confirm: 'DELETE' } })
    expect(data.deleteAccount?.__typename).toBe('DeleteAccountPayload')
    await haveEnded()
  })

  test('deletes them at Clerk', promptly, async () => {
    const { email, user } = await newPerson()
    const haveEnded = await followOnBoth(email)
    await sendClerkEvent(app, { type: 'user.deleted', data: { id: user.clerkId, object: 'user', deleted: true } })
    await processPendingEvents(app)
    await haveEnded()
  })

  test('bans them, not before it, and where no notification is sent', promptly, async () => {
    const { email, user } = await newPerson()
    const haveEnded = await followOnBoth(email)
    const stream = await follow(email)
    const client = await app.owner.connect()
    try {
      await client.query('BEGIN')
      await client.query(`UPDATE users SET standing = 'BANNED' WHERE id = $1`, [user.id])
      // Checks continue, and do not see it.
      const checks = () => other.statements.filter((query) => query.includes('standing <>')).length
      const seen = checks()
      await expect.poll(checks, { timeout: 10_000 }).toBeGreaterThan(seen + 1)
      const next = stream.next()
      expect(await Promise.race([next, Promise.resolve('still open')])).toBe('still open')
      await client.query('COMMIT')
      expect(await next).toMatchObject(unavailable)
      await haveEnded()
    } finally {
      client.release()
    }
  })
})

test('the people of all open streams are checked in one statement', promptly, async () => {
  const all = await Promise.all([1, 2, 3, 4].map(() => newPerson()))
  const streams = await Promise.all(all.flatMap(({ email }) => [follow(email), follow(email)]))
  const checks = () => other.statements.filter((query) => query.includes('standing <>')).length
  const [before, began] = [checks(), performance.now()]
  await expect.poll(checks, { timeout: 10_000 }).toBeGreaterThan(before + 1)
  expect(checks() - before).toBeLessThanOrEqual(Math.ceil((performance.now() - began) / 1_000))
  for (const stream of streams) stream.leave()
})

const never = new AbortController().signal
