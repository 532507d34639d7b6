import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { InboxEvent } from '../../generated/prisma/client.ts'
import { startTestApp, type TestApp } from '../../testing/app.ts'
import { clerkAddresses, clerkPerson } from '../../testing/clerk.ts'
import { deliver } from '../../testing/clerk-webhooks.ts'
import { lockUsers, waitingForLocks } from '../../testing/locks.ts'
import type { InboxSource } from './inbox.ts'
import { replayEvents } from './inbox-replay.ts'
import { delayAfter, inboxWorker, maxAttempts } from './inbox-worker.ts'

const minuteMs = 60_000
const dayMs = 86_400_000

let app: TestApp
beforeEach(async () => {
  app = await startTestApp()
})
afterEach(() => app[Symbol.asyncDispose]())

/** Delivers that somebody was created, and returns the event's row. */
async function arrives(clerkId: string, data: Readonly<Record<string, unknown>> = {}): Promise<InboxEvent> {
  const eventId = `msg_${clerkId}`
  const wish = { type: 'user.created', id: eventId, data: clerkPerson(clerkId, data) }
  expect((await deliver(app, wish)).status).toBe(200)
  return app.app.db.prisma.inboxEvent.findFirstOrThrow({ where: { eventId } })
}

const rowOf = ({ id }: InboxEvent) => app.app.db.prisma.inboxEvent.findUniqueOrThrow({ where: { id } })
const attempt = ({ id }: InboxEvent) => app.runJob('inbox.process', { id })
const person = (clerkId: string) => app.app.db.prisma.user.findUnique({ where: { clerkId } })

async function waitingJobs(): Promise<{ id: string; runAt: Date }[]> {
  return app.app.db.prisma.$queryRaw`
    SELECT payload->>'id' AS id, run_at AS "runAt" FROM graphile_worker._private_jobs ORDER BY id`
}

/** Everything that would write the row fails with this message, until the function that is returned is called. */
async function poison(table: string, condition: string, message: string): Promise<() => Promise<void>> {
  const { owner } = app
  await owner.query(`CREATE FUNCTION poison() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION USING MESSAGE = '${message}'; END $$`)
  await owner.query(`CREATE TRIGGER poison BEFORE INSERT OR UPDATE ON ${table} FOR EACH ROW
    WHEN (${condition}) EXECUTE FUNCTION poison()`)
  return async () => {
    await owner.query(`DROP TRIGGER poison ON ${table}`)
  }
}

test('events are accepted while no worker runs, and worked on once one does', async () => {
  const names = Array.from({ length: 20 }, (_, index) => `user_waiting_${index}`)
  for (const name of names) await arrives(name)
  expect(await app.app.db.prisma.user.count()).toBe(0)
  await using _worker = await startTestApp({ databaseUrl: app.databaseUrl, worker: true })
  await expect.poll(() => app.app.db.prisma.inboxEvent.count({ where: { state: 'PROCESSED' } })).toBe(names.length)
  expect(await app.app.db.prisma.user.count({ where: { clerkId: { in: names } } })).toBe(names.length)
})

describe('an event that cannot be worked on', () => {
  test('is tried ten times, ever later, is DEAD then, and is mended by a replay once its cause is gone', async () => {
    const message = 'no room for mallory@example.com'
    const heal = await poison('users', `NEW.first_name = 'Mallory'`, message)
    const event = await arrives('user_mallory', { first_name: 'Mallory' })
    const other = await arrives('user_other')
    const waits: number[] = []
    for (let failures = 1; failures < maxAttempts; failures += 1) {
      await attempt(event)
      const row = await rowOf(event)
      expect(row).toMatchObject({ state: 'PENDING', attempts: failures, lastError: expect.stringContaining('no room') })
      const waitMs = (row.nextAttemptAt?.getTime() ?? 0) - app.now.getTime()
      const longest = Math.min(5_000 * 4 ** (failures - 1), 6 * 60 * minuteMs)
      expect(waitMs).toBeGreaterThanOrEqual(longest / 2)
      expect(waitMs).toBeLessThanOrEqual(longest)
      // One job, for then: the one that the event came with is replaced.
      expect((await waitingJobs()).filter(({ id }) => id === event.id)).toEqual([
        { id: event.id, runAt: row.nextAttemptAt },
      ])
      waits.push(waitMs)
      app.now = row.nextAttemptAt ?? app.now
    }
    const hours = waits.reduce((sum, ms) => sum + ms, 0) / 3_600_000
    expect(hours).toBeGreaterThan(9.7)
    expect(hours).toBeLessThan(19.6)

    await attempt(event)
    const dead = await rowOf(event)
    expect(dead).toMatchObject({ state: 'DEAD', attempts: maxAttempts, nextAttemptAt: null, processedAt: null })
    expect(dead.lastError).toContain('no room for [masked]')
    expect(dead.lastError).not.toContain('@')
    await attempt(event)
    expect(await rowOf(event)).toEqual(dead)
    expect(await person('user_mallory')).toBeNull()

    // The others are not held up by it.
    await attempt(other)
    expect(await rowOf(other)).toMatchObject({ state: 'PROCESSED', attempts: 1 })

    await heal()
    const steps = await Array.fromAsync(replayEvents(app.app, { state: 'DEAD' }))
    expect(steps).toEqual([{ replayed: 1, erased: 0 }])
    await app.runDueJobs()
    expect(await rowOf(event)).toMatchObject({ state: 'PROCESSED', attempts: 1, lastError: null, nextAttemptAt: null })
    expect(await person('user_mallory')).toMatchObject({ firstName: 'Mallory' })
  })

  test('leaves nothing half done: what fails after its effect takes the effect along', async () => {
    const heal = await poison('inbox_events', `NEW.state = 'PROCESSED'`, 'the disk is full')
    const event = await arrives('user_half')
    await attempt(event)
    expect(await rowOf(event)).toMatchObject({ state: 'PENDING', attempts: 1 })
    expect(await person('user_half')).toBeNull()
    await heal()
    await attempt(event)
    expect(await rowOf(event)).toMatchObject({ state: 'PROCESSED', attempts: 2, lastError: null })
    expect(await person('user_half')).not.toBeNull()
  })

  test.each<[string, object]>([
    ['no date', { updated_at: 'yesterday' }],
    ['no id', { id: null }],
  ])('says why: a person with %s', async (_what, data) => {
    const body = JSON.stringify({ type: 'user.created', data: { ...clerkPerson('user_odd'), ...data } })
    expect((await deliver(app, { body })).status).toBe(200)
    await app.runDueJobs()
    const [row] = await app.app.db.prisma.inboxEvent.findMany()
    expect(row).toMatchObject({ state: 'PENDING', attempts: 1, lastError: expect.stringMatching(/updated_at|id/) })
  })

  test('whose source nobody works on waits, and says so', async () => {
    const event = await arrives('user_nobody')
    await app.app.db.prisma.inboxEvent.update({ where: { id: event.id }, data: { source: 'a-provider' } })
    await attempt(event)
    expect((await rowOf(event)).lastError).toBe('Nobody works on events of "a-provider".')
  })

  test('that fails in words which no text column takes is counted all the same', async () => {
    const event = await arrives('user_nul')
    const run = handlerOf('inbox.process', {
      name: 'clerk',
      apply: () => Promise.reject(new Error('a\0b \ud800')),
    })
    await run({ id: event.id })
    expect(await rowOf(event)).toMatchObject({ attempts: 1, lastError: expect.stringMatching(/^ab /) })
  })
})

describe('an attempt that is killed', () => {
  test('leaves nothing half done, and the next one does all of it', async () => {
    const event = await arrives('user_killed', clerkAddresses(['killed@example.com']))
    const blocker = await lockUsers(app)
    const killed = attempt(event)
    await expect.poll(() => waitingForLocks(app)).toBe(1)
    await app.app.db.prisma.$queryRaw`
      SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND wait_event_type = 'Lock'`
    await killed
    await blocker.end()
    expect(await rowOf(event)).toMatchObject({ state: 'PENDING', attempts: 1 })
    expect(await person('user_killed')).toBeNull()
    await attempt(event)
    expect(await rowOf(event)).toMatchObject({ state: 'PROCESSED', attempts: 2 })
    expect(await person('user_killed')).not.toBeNull()
  })
})

test('an event that two workers have in hand at once is done by one of them, whatever its effect is', async () => {
  const event = await arrives('user_twice')
  await app.owner.query('CREATE TABLE effects (n int)')
  const both = Promise.withResolvers<void>()
  let begun = 0
  const run = handlerOf('inbox.process', {
    name: 'clerk',
    async apply(tx) {
      await tx.$executeRaw`INSERT INTO effects VALUES (1)`
      begun += 1
      if (begun === 2) both.resolve()
      await both.promise
    },
  })
  await Promise.all([run({ id: event.id }), run({ id: event.id })])
  expect(begun).toBe(2)
  expect(await app.app.db.prisma.$queryRaw`SELECT n FROM effects`).toEqual([{ n: 1 }])
  expect(await rowOf(event)).toMatchObject({ state: 'PROCESSED', attempts: 1 })
})

describe('a lost job', () => {
  test('is added again, ten minutes after its time and not before', async () => {
    const event = await arrives('user_lost')
    await app.app.db.prisma.$executeRaw`DELETE FROM graphile_worker._private_jobs`
    app.now = new Date(app.now.getTime() + 10 * minuteMs)
    await app.runJob('inbox.resume')
    expect(await waitingJobs()).toEqual([])
    app.now = new Date(app.now.getTime() + 1)
    await app.runJob('inbox.resume')
    await app.runJob('inbox.resume')
    expect(await waitingJobs()).toMatchObject([{ id: event.id }])
    await app.runDueJobs()
    expect(await rowOf(event)).toMatchObject({ state: 'PROCESSED' })
    await app.runJob('inbox.resume')
    expect(await waitingJobs()).toEqual([])
  })
})

describe('pruning', () => {
  test('forgets what was processed and is older than the retention, and nothing else', async () => {
    const heal = await poison('users', `NEW.first_name IN ('Dead', 'Pending')`, 'not now')
    const [processed, dead, pending] = [
      await arrives('user_processed'),
      await arrives('user_dead', { first_name: 'Dead' }),
      await arrives('user_pending', { first_name: 'Pending' }),
    ]
    await attempt(processed)
    for (let failures = 0; failures < maxAttempts; failures += 1) await attempt(dead)
    await attempt(pending)
    await heal()

    app.now = new Date(processed.receivedAt.getTime() + 30 * dayMs)
    await app.runJob('inbox.prune')
    expect(await app.app.db.prisma.inboxEvent.count()).toBe(3)
    app.now = new Date(app.now.getTime() + dayMs)
    await app.runJob('inbox.prune')
    const left = await app.app.db.prisma.inboxEvent.findMany()
    expect(left.map(({ state }) => state).sort()).toEqual(['DEAD', 'PENDING'])
    expect(await person('user_processed')).not.toBeNull()
  })

  test('goes on until all of them are gone', async () => {
    await app.app.db.prisma.$executeRaw`
      INSERT INTO inbox_events (id, source, event_id, type, sent_at, received_at, state, processed_at)
      SELECT gen_random_uuid(), 'clerk', 'msg_' || n, 'a', now, now, 'PROCESSED', now
      FROM generate_series(1, 2500) AS n, (SELECT now() - interval '31 days' AS now)`
    await app.runJob('inbox.prune')
    expect(await app.app.db.prisma.inboxEvent.count()).toBe(0)
  })
})

/** A job of an inbox with that one source. */
function handlerOf(job: string, source: Omit<InboxSource, 'types'>): (payload: object) => Promise<void> {
  const handlers = inboxWorker({ ...app.app, sources: [{ types: [], ...source }], retentionDays: 30 })
  const handler = handlers.find(({ name }) => name === job)
  return async (payload) => handler?.run(payload, { isLastAttempt: false })
}

test('failures that come together do not come back together', () => {
  expect([0, 0.5, 1].map((random) => delayAfter(1, () => random))).toEqual([2_500, 3_750, 5_000])
  expect(delayAfter(3, () => 1)).toBe(80_000)
  expect(delayAfter(9, () => 1)).toBe(6 * 3_600_000)
  expect(new Set(Array.from({ length: 100 }, () => delayAfter(5))).size).toBeGreaterThan(90)
})
