import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import {
  ActivityUpdatedDocument,
  type ActivityUpdatedSubscription,
  DeleteActivityDocument,
  UpdateActivityDocument,
} from '../../../../operations/typed-operations.ts'
import type { User } from '../../../generated/prisma/client.ts'
import { toGlobalId } from '../../../graphql/ids.ts'
import { startTestApp, type TestApp } from '../../../testing/app.ts'
import { openStream, type StreamEvent } from '../../../testing/event-stream.ts'
import { createActivity, createUser } from '../../../testing/factories.ts'
import { complete, rowId, sent } from '../../../testing/upload-steps.ts'

const alice = 'alice@example.com'
const bob = 'bob@example.com'
const tenSeconds = { timeout: 10_000 }

let app: TestApp
let user: User
beforeAll(async () => {
  app = await startTestApp()
  user = await createUser(app, alice)
})
afterAll(() => app[Symbol.asyncDispose]())

const create = async () => toGlobalId('Activity', (await createActivity(app, user, { title: 'as it was' })).id)

const follow = async (activityId: string, { by = app, token = app.token(alice) as Promise<string> | null } = {}) =>
  openStream(by, await token, ActivityUpdatedDocument, { activityId })

async function rename(activityId: string, title: string, by: TestApp = app): Promise<void> {
  const { data } = await by.run(alice, UpdateActivityDocument, { input: { activityId, title } })
  expect(data.updateActivity?.__typename).toBe('UpdateActivityPayload')
}

type Stream = AsyncGenerator<StreamEvent<ActivityUpdatedSubscription>, void>

/** The title of the next event; undefined once the stream is complete. */
async function nextTitle(stream: Stream): Promise<string | undefined> {
  const { value } = await stream.next()
  expect(value?.errors).toBeUndefined()
  return value?.data.activityUpdated.title
}

describe('a stream', () => {
  test('starts with the current state, and sends every change until the file is read', tenSeconds, async () => {
    const { activity, upload } = await sent(app, alice)
    const stream = await follow(activity?.id ?? '')
    const next = async () => (await stream.next()).value?.data.activityUpdated
    expect(await next()).toMatchObject({ id: activity?.id, status: 'AWAITING_FILE', title: 'New activity' })
    await complete(app, alice, upload.id)
    expect(await next()).toMatchObject({ status: 'PROCESSING', distanceMeters: null })
    await rename(activity?.id ?? '', 'Around the lake')
    expect(await next()).toMatchObject({ status: 'PROCESSING', title: 'Around the lake' })
    await app.runDueJobs()
    expect(await next()).toMatchObject({
      status: 'READY',
      title: 'Around the lake',
      distanceMeters: 168,
      failure: null,
    })
    await stream.return()
  })

  test('sends the failure when the file cannot be read', tenSeconds, async () => {
    const { activity, upload } = await sent(app, alice)
    await complete(app, alice, upload.id)
    await app.app.adapters.bucket.delete(`uploads/${user.id}/${rowId(upload.id)}`)
    const stream = await follow(activity?.id ?? '')
    expect((await stream.next()).value?.data.activityUpdated).toMatchObject({ status: 'PROCESSING', failure: null })
    await app.runDueJobs()
    expect((await stream.next()).value?.data.activityUpdated).toMatchObject({
      status: 'FAILED',
      failure: expect.stringContaining('Upload it again'),
    })
    await stream.return()
  })

  test('sends a change made by another process', tenSeconds, async () => {
    await using other = await startTestApp({ databaseUrl: app.databaseUrl })
    const activityId = await create()
    const [here, there] = await Promise.all([follow(activityId), follow(activityId, { by: other })])
    expect([await nextTitle(here), await nextTitle(there)]).toEqual(['as it was', 'as it was'])
    await rename(activityId, 'made there', other)
    expect([await nextTitle(here), await nextTitle(there)]).toEqual(['made there', 'made there'])
    await rename(activityId, 'made here')
    expect([await nextTitle(here), await nextTitle(there)]).toEqual(['made here', 'made here'])
    await Promise.all([here.return(), there.return()])
  })

  test('sends the last of many quick changes', tenSeconds, async () => {
    const activityId = await create()
    const stream = await follow(activityId)
    for (let n = 1; n <= 20; n += 1) await rename(activityId, `change ${n}`)
    const titles: (string | undefined)[] = []
    while (titles.at(-1) !== 'change 20') titles.push(await nextTitle(stream))
    expect(titles.at(-1)).toBe('change 20')
    await stream.return()
  })

  test('sends nothing when nothing changed, and no changes of other activities', tenSeconds, async () => {
    const [activityId, other] = [await create(), await create()]
    const stream = await follow(activityId)
    expect(await nextTitle(stream)).toBe('as it was')
    await app.run(alice, UpdateActivityDocument, { input: { activityId } })
    await rename(other, 'another')
    await rename(activityId, 'changed')
    expect(await nextTitle(stream)).toBe('changed')
    await stream.return()
  })

  test('ends when the activity is deleted', tenSeconds, async () => {
    const activityId = await create()
    const stream = await follow(activityId)
    await nextTitle(stream)
    await app.run(alice, DeleteActivityDocument, { input: { activityId } })
    expect(await stream.next()).toEqual({ done: true, value: undefined })
  })

  test.each([
    ['another user’s', bob, () => create(), 'NOT_FOUND'],
    ['an unknown', alice, async () => toGlobalId('Activity', '01900000-0000-7000-8000-000000000000'), 'NOT_FOUND'],
    [
      'an upload instead of an',
      alice,
      async () => toGlobalId('Upload', '01900000-0000-7000-8000-000000000000'),
      'INVALID_INPUT',
    ],
    ['an invalid', alice, async () => '\0\ud800', 'INVALID_INPUT'],
  ])('of %s activity returns an error and ends', tenSeconds, async (_, as, id, code) => {
    const stream = await follow(await id(), { token: app.token(as) })
    expect((await stream.next()).value).toMatchObject({ errors: [{ extensions: { code } }] })
    expect((await stream.next()).done).toBe(true)
  })

  test('requires authentication', tenSeconds, async () => {
    const stream = await follow(await create(), { token: null })
    expect((await stream.next()).value).toMatchObject({ errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] })
    expect((await stream.next()).done).toBe(true)
  })
})

describe('a token', () => {
  setFlagsFromString('--expose-gc')
  const collectGarbage = runInNewContext('gc') as () => void

  test('that expires ends its stream, also after a garbage collection', tenSeconds, async () => {
    app.now = new Date()
    const token = app.token(alice, { expiresInSeconds: 2 })
    const stream = await follow(await create(), { token })
    expect(await nextTitle(stream)).toBe('as it was')
    collectGarbage()
    expect(await stream.next()).toEqual({ done: true, value: 'TOKEN_EXPIRED' })
    expect(await stream.next()).toEqual({ done: true, value: undefined })
    expect(Date.now()).toBeGreaterThanOrEqual((decodeJwt(await token).exp ?? 0) * 1_000 - 50)
  })

  test('that has expired opens no stream', tenSeconds, async () => {
    await using late = await startTestApp({ databaseUrl: app.databaseUrl })
    const token = await late.token(alice, { expiresInSeconds: 60 })
    // Five seconds of difference between clocks are tolerated.
    late.now = new Date(late.now.getTime() + 66_000)
    await expect(follow(await create(), { by: late, token: Promise.resolve(token) })).rejects.toThrow(
      /401.*UNAUTHENTICATED/s,
    )
  })

  test('can be replaced: three streams, one after the other, miss no change', { timeout: 20_000 }, async () => {
    await using following = await startTestApp({ databaseUrl: app.databaseUrl })
    const activityId = await create()
    let latest = 'as it was'
    for (const ordinal of ['first', 'second', 'third']) {
      const token = await following.token(alice)
      // The clock is set to 1.5 seconds before the token expires.
      following.now = new Date((decodeJwt(token).exp ?? 0) * 1_000 - 1_500)
      const stream = await follow(activityId, { by: following, token: Promise.resolve(token) })
      expect(await nextTitle(stream)).toBe(latest)
      await rename(activityId, `during the ${ordinal}`)
      expect(await nextTitle(stream)).toBe(`during the ${ordinal}`)
      expect(await stream.next()).toEqual({ done: true, value: 'TOKEN_EXPIRED' })
      latest = `after the ${ordinal}`
      await rename(activityId, latest)
    }
    following.now = new Date()
    const stream = await follow(activityId, { by: following })
    expect(await nextTitle(stream)).toBe('after the third')
    await stream.return()
  })
})

describe('disconnects', () => {
  test('after a lost LISTEN connection, changes made in between are sent', tenSeconds, async () => {
    const activityId = await create()
    const stream = await follow(activityId)
    await nextTitle(stream)
    const [terminated] = await app.app.db.prisma.$queryRaw<{ count: bigint }[]>`
      SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
      WHERE datname = current_database() AND query LIKE 'LISTEN%'`
    expect(terminated?.count).toBeGreaterThan(0n)
    // Without a notification, like a notification sent while the connection was down.
    await app.app.db.prisma.activity.update({
      where: { id: rowId(activityId) },
      data: { title: 'while it was down', revision: { increment: 1 } },
    })
    expect(await nextTitle(stream)).toBe('while it was down')
    await rename(activityId, 'after that')
    expect(await nextTitle(stream)).toBe('after that')
    await stream.return()
  })

  test.each(['leaving the loop', 'aborting'])(
    'the server unsubscribes when a client disconnects by %s',
    tenSeconds,
    async (way) => {
      const subscribe = vi.spyOn(app.app.notifications, 'subscribe')
      const activityId = await create()
      const leaving = new AbortController()
      const stream = await openStream(
        app,
        await app.token(alice),
        ActivityUpdatedDocument,
        { activityId },
        leaving.signal,
      )
      await nextTitle(stream)
      const [topic, signal] = subscribe.mock.lastCall ?? []
      const notifications = await subscribe.mock.results.at(-1)?.value
      subscribe.mockRestore()
      expect([topic, signal?.aborted]).toEqual([`activity:${rowId(activityId)}`, false])

      if (way === 'aborting') {
        leaving.abort()
        await expect(stream.next()).rejects.toThrow('abort')
      } else await stream.return()
      await expect.poll(() => signal?.aborted).toBe(true)
      expect(await notifications[Symbol.asyncIterator]().next()).toEqual({ done: true, value: undefined })
    },
  )

  test('the server ends its streams when it stops', tenSeconds, async () => {
    const stopping = await startTestApp({ databaseUrl: app.databaseUrl })
    const stream = await follow(await create(), { by: stopping })
    await nextTitle(stream)
    await stopping[Symbol.asyncDispose]()
    expect(await stream.next()).toEqual({ done: true, value: 'SERVER_STOPPING' })
    expect(await stream.next()).toEqual({ done: true, value: undefined })
  })
})
