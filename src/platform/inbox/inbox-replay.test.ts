import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { users } from '../../domains/users/index.ts'
import { Prisma } from '../../generated/prisma/client.ts'
import { startTestApp, type TestApp } from '../../testing/app.ts'
import { clerkUser } from '../../testing/clerk.ts'
import { deliver } from '../../testing/clerk-webhooks.ts'
import { countEvents, findEvents, type InboxFilter, listEvents, listStatement } from './inbox-list.ts'
import { replayEvents } from './inbox-replay.ts'

let app: TestApp
beforeEach(async () => {
  app = await startTestApp()
})
afterEach(() => app[Symbol.asyncDispose]())

const events = () => app.app.db.prisma.inboxEvent.findMany({ orderBy: { eventId: 'asc' } })
/** Addresses are encrypted again on every write, so the plain values are compared. */
const everybody = async () =>
  (await app.app.db.prisma.user.findMany()).map(({ emailEncrypted, ...user }) => ({
    ...user,
    email: app.app.services(users).emails.read(emailEncrypted),
  }))
const replayAll = (filter: InboxFilter = {}) => Array.fromAsync(replayEvents(app.app, filter))
const waitingJobs = () =>
  app.app.db.prisma.$queryRaw<{ id: string; key: string; attempts: number }[]>`
    SELECT payload->>'id' AS id, key, max_attempts AS attempts FROM graphile_worker._private_jobs ORDER BY id`

/**
 * Processed events a second apart, the last one now: each hundredth DEAD, each thousandth of another type. The owner has no
 * statement timeout, which a slow machine exceeds with 100,000 rows.
 */
async function fill(count: number): Promise<void> {
  await app.owner.query(
    `
    INSERT INTO inbox_events (
      id, source, event_id, type, body, sent_at, received_at, state, attempts, last_error, processed_at)
    SELECT gen_random_uuid(), 'clerk', 'msg_' || lpad(n::text, 6, '0'),
      CASE WHEN n % 1000 = 0 THEN 'user.deleted' ELSE 'user.updated' END, '\\x00',
      at, at, (CASE WHEN n % 100 = 0 THEN 'DEAD' ELSE 'PROCESSED' END)::"InboxState", 1,
      CASE WHEN n % 100 = 0 THEN 'broken' END, CASE WHEN n % 100 <> 0 THEN at END
    FROM generate_series(1, $1::int) AS n,
      LATERAL (SELECT $2::timestamptz - make_interval(secs => $1::int - n) AS at) AS times`,
    [count, app.now],
  )
}

describe('a replay', () => {
  test('of processed events has no second effect', async () => {
    for (const at of [1, 2]) {
      const data = clerkUser('user_again', { first_name: `Name ${at}`, updated_at: 1_700_000_000_000 + at })
      await deliver(app, { type: 'user.updated', data, id: `msg_${at}` })
      await app.runDueJobs()
    }
    const [people, before] = [await everybody(), await events()]
    app.now = new Date(app.now.getTime() + 60_000)
    expect(await replayAll()).toEqual([{ replayed: 2, erased: 0 }])
    expect(await events()).toEqual(
      before.map((event) => ({ ...event, state: 'PENDING', attempts: 0, processedAt: null, nextAttemptAt: app.now })),
    )
    await app.runDueJobs()
    expect(await everybody()).toEqual(people)
    expect(await events()).toEqual(before.map((event) => ({ ...event, processedAt: app.now })))
  })

  test('enqueues one job per event, even if three replays run at once', async () => {
    await fill(1_234)
    await app.app.db.prisma.inboxEvent.updateMany({ where: { eventId: { lte: 'msg_000010' } }, data: { body: null } })
    const runs = await Promise.all([replayAll(), replayAll(), replayAll()])
    for (const steps of runs) {
      expect(steps.map(({ replayed, erased }) => replayed + erased)).toEqual([500, 500, 234])
      expect(steps.at(-1)).toEqual({ replayed: 224, erased: 10 })
    }
    const jobs = await waitingJobs()
    expect(jobs).toHaveLength(1_224)
    const waiting = (await events()).filter(({ state }) => state === 'PENDING').map(({ id }) => id)
    expect(new Set(jobs.map(({ id }) => id))).toEqual(new Set(waiting))
    expect(jobs.every(({ id, key, attempts }) => key === `inbox.process:${id}` && attempts === 12)).toBe(true)
    expect((await events()).slice(0, 10).every(({ state, processedAt }) => state === 'PROCESSED' && processedAt)).toBe(
      true,
    )
  })

  test('takes only events that match the filter', async () => {
    await fill(1_000)
    expect(await replayAll({ state: 'DEAD', type: 'user.updated' })).toEqual([{ replayed: 9, erased: 0 }])
    expect(await replayAll({ source: 'another' })).toEqual([])
    expect(await replayAll({ ids: [] })).toEqual([])
    const after = await events()
    expect(after.filter(({ state }) => state === 'PENDING').map(({ eventId }) => eventId)).toEqual(
      Array.from({ length: 9 }, (_, at) => `msg_000${at + 1}00`),
    )
    expect(after.find(({ eventId }) => eventId === 'msg_001000')).toMatchObject({ state: 'DEAD', lastError: 'broken' })
  })

  test('that fails changes no state and enqueues no job', async () => {
    await fill(3)
    await app.owner.query(`ALTER TABLE graphile_worker._private_jobs ADD CONSTRAINT full_up CHECK (false) NOT VALID`)
    await expect(replayAll()).rejects.toThrow('full_up')
    expect((await events()).every(({ state }) => state === 'PROCESSED')).toBe(true)
  })
})

describe('the list', () => {
  test('is newest first, filtered and in pages, without bodies', async () => {
    await fill(250)
    const { prisma } = app.app.db
    const page = await listEvents(prisma, { filter: {}, limit: 100 })
    expect(page.map(({ eventId }) => eventId)).toEqual(Array.from({ length: 100 }, (_, at) => `msg_000${250 - at}`))
    expect(Object.keys(page[0] ?? {})).not.toContain('body')
    const rest = await listEvents(prisma, { filter: {}, limit: 1_000, after: page.at(-1) })
    expect(rest).toHaveLength(150)
    expect(rest[0]?.eventId).toBe('msg_000150')

    const since = new Date(app.now.getTime() - 60_000)
    const names = async (filter: InboxFilter) =>
      (await listEvents(prisma, { filter, limit: 10 })).map(({ eventId }) => eventId)
    expect(await names({ state: 'DEAD' })).toEqual(['msg_000200', 'msg_000100'])
    expect(await names({ state: 'DEAD', since })).toEqual(['msg_000200'])
    expect(await names({ type: 'user.deleted' })).toEqual([])
    expect(await names({ source: 'another' })).toEqual([])
    expect(await countEvents(prisma, { since })).toEqual({ total: 61, erased: 0 })
  })

  test('is in a stable order for events received in the same millisecond', async () => {
    await fill(50)
    await app.app.db.prisma.inboxEvent.updateMany({ data: { receivedAt: app.now } })
    const seen: string[] = []
    for (let after: Awaited<ReturnType<typeof listEvents>>[number] | undefined; ; ) {
      const page = await listEvents(app.app.db.prisma, { filter: {}, limit: 7, after })
      if (page.length === 0) break
      seen.push(...page.map(({ id }) => id))
      after = page.at(-1)
    }
    expect(seen).toEqual(
      (await events())
        .map(({ id }) => id)
        .sort()
        .reverse(),
    )
  })

  test('finds events by our id and by the id of the provider', async () => {
    await fill(3)
    const [first, second] = await events()
    const found = await findEvents(app.app.db.prisma, [
      first?.id.toUpperCase() ?? '',
      'msg_000002',
      'msg_9',
      "' OR true",
    ])
    expect(found.map(({ id }) => id)).toEqual([second?.id, first?.id])
    expect(await findEvents(app.app.db.prisma, [])).toEqual([])
  })

  test('uses an index for every filter, with 100,000 rows', async () => {
    await fill(100_000)
    const { prisma } = app.app.db
    await app.owner.query('ANALYZE inbox_events')
    const since = new Date(app.now.getTime() - 3_600_000)
    const filters: InboxFilter[] = [
      {},
      { state: 'DEAD' },
      { state: 'PENDING' },
      { type: 'user.deleted' },
      { type: 'never.seen' },
      { source: 'clerk' },
      { source: 'another' },
      { since },
      { state: 'PROCESSED', type: 'user.updated', source: 'clerk', since },
      { state: 'DEAD', type: 'user.deleted' },
    ]
    const after = (await listEvents(prisma, { filter: {}, limit: 1_000 })).at(-1)
    for (const filter of filters) {
      for (const page of [
        { filter, limit: 51 },
        { filter, limit: 1_001 },
        { filter, limit: 500, after },
      ]) {
        const plan = JSON.stringify(await prisma.$queryRaw(Prisma.sql`EXPLAIN (FORMAT JSON) ${listStatement(page)}`))
        expect({ filter, plan }).toMatchObject({
          plan: expect.stringMatching(/"Index (?:Only )?Scan"|"Bitmap Index Scan"/),
        })
        expect({ filter, plan }).not.toMatchObject({ plan: expect.stringContaining('"Seq Scan"') })
      }
    }
    expect(await listEvents(prisma, { filter: { state: 'DEAD' }, limit: 1_000 })).toHaveLength(1_000)
    expect(await countEvents(prisma, { state: 'DEAD' })).toEqual({ total: 1_000, erased: 0 })
    expect(await countEvents(prisma, {})).toEqual({ total: 100_000, erased: 0 })
  })
})
