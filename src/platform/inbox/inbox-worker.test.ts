import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { InboxEvent } from '../../generated/prisma/client.ts'
import { startTestApp, type TestApp } from '../../testing/app.ts'
import { clerkAddresses, clerkUser } from '../../testing/clerk.ts'
import { deliver } from '../../testing/clerk-webhooks.ts'
import { testRun } from '../../testing/job-run.ts'
import { lockUsers, waitingForLocks } from '../../testing/locks.ts'
import { insertRows, rowsOf } from '../../testing/many-rows.ts'
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

/** Delivers a user.created event and returns its row. */
async function deliverCreated(clerkId: string, data: Readonly<Record<string, unknown>> = {}): Promise<InboxEvent> {
  const eventId = `msg_${clerkId}`
  const delivery = { type: 'user.created', id: eventId, data: clerkUser(clerkId, data) }
  expect((await deliver(app, delivery)).status).toBe(200)
  return app.app.db.prisma.inboxEvent.findFirstOrThrow({ where: { eventId } })
}

const rowOf = ({ id }: InboxEvent) => app.app.db.prisma.inboxEvent.findUniqueOrThrow({ where: { id } })
const attempt = ({ id }: InboxEvent) => app.runJob('inbox.process', { id })
const person = (clerkId: string) => app.app.db.prisma.user.findUnique({ where: { clerkId } })

async function waitingJobs(): Promise<{ id: string; runAt: Date }[]> {
  return app.app.db.prisma.$queryRaw`
    SELECT payload->>'id' AS id, run_at AS "runAt" FROM graphile_worker._private_jobs ORDER BY id`
}

/** Makes every write of a matching row fail with this message, until the returned function is called. */
async function failWrites(table: string, condition: string, message: string): Promise<() => Promise<void>> {
  const { owner } = app
  await owner.query(`CREATE FUNCTION fail_writes() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION USING MESSAGE = '${message}'; END $$`)
  await owner.query(`CREATE TRIGGER fail_writes BEFORE INSERT OR UPDATE ON ${table} FOR EACH ROW
    WHEN (${condition}) EXECUTE FUNCTION fail_writes()`)
  return async () => {
    await owner.query(`DROP TRIGGER fail_writes ON ${table}`)
  }
}

test('events are accepted while no worker runs, and processed once one starts', async () => {
  const names = Array.from({ length: 20 }, (_, index) => `user_waiting_${index}`)
  for (const name of names) await deliverCreated(name)
  expect(await app.app.db.prisma.user.count()).toBe(0)
  await using _worker = await startTestApp({ databaseUrl: app.databaseUrl, worker: true })
  const processed = () => app.app.db.prisma.inboxEvent.count({ where: { state: 'PROCESSED' } })
  await expect.poll(processed, { timeout: 10_000 }).toBe(names.length)
  expect(await app.app.db.prisma.user.count({ where: { clerkId: { in: names } } })).toBe(names.length)
})

describe('an event that fails', () => {
  test('is retried with backoff, is DEAD after ten attempts, and succeeds in a replay once its cause is corrected', async () => {
    const message = 'no space for mallory@example.com'
    const restore = await failWrites('users', `NEW.first_name = 'Mallory'`, message)
    const event = await deliverCreated('user_mallory', { first_name: 'Mallory' })
    const other = await deliverCreated('user_other')
    const waits: number[] = []
    for (let failures = 1; failures < maxAttempts; failures += 1) {
      await attempt(event)
      const row = await rowOf(event)
      expect(row).toMatchObject({
        state: 'PENDING',
        attempts: failures,
        lastError: expect.stringContaining('no space'),
      })
      const waitMs = (row.nextAttemptAt?.getTime() ?? 0) - app.now.getTime()
      const longest = Math.min(5_000 * 4 ** (failures - 1), 6 * 60 * minuteMs)
      expect(waitMs).toBeGreaterThanOrEqual(longest / 2)
      expect(waitMs).toBeLessThanOrEqual(longest)
      // One job at that time: it replaced the job that was enqueued with the event.
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
    expect(dead.lastError).toContain('no space for [masked]')
    expect(dead.lastError).not.toContain('@')
    await attempt(event)
    expect(await rowOf(event)).toEqual(dead)
    expect(await person('user_mallory')).toBeNull()

    // Other events are not delayed by it.
    await attempt(other)
    expect(await rowOf(other)).toMatchObject({ state: 'PROCESSED', attempts: 1 })

    await restore()
    const steps = await Array.fromAsync(replayEvents(app.app, { state: 'DEAD' }))
    expect(steps).toEqual([{ replayed: 1, erased: 0 }])
    await app.runDueJobs()
    expect(await rowOf(event)).toMatchObject({ state: 'PROCESSED', attempts: 1, lastError: null, nextAttemptAt: null })
    expect(await person('user_mallory')).toMatchObject({ firstName: 'Mallory' })
  })

  test('rolls its effect back if marking it PROCESSED fails', async () => {
    const restore = await failWrites('inbox_events', `NEW.state = 'PROCESSED'`, 'the disk is full')
    const event = await deliverCreated('user_half')
    await attempt(event)
    expect(await rowOf(event)).toMatchObject({ state: 'PENDING', attempts: 1 })
    expect(await person('user_half')).toBeNull()
    await restore()
    await attempt(event)
    expect(await rowOf(event)).toMatchObject({ state: 'PROCESSED', attempts: 2, lastError: null })
    expect(await person('user_half')).not.toBeNull()
  })

  test.each<[string, object]>([
    ['no date', { updated_at: 'yesterday' }],
    ['no id', { id: null }],
  ])('records the reason in lastError: a user with %s', async (_what, data) => {
    const body = JSON.stringify({ type: 'user.created', data: { ...clerkUser('user_odd'), ...data } })
    expect((await deliver(app, { body })).status).toBe(200)
    await app.runDueJobs()
    const [row] = await app.app.db.prisma.inboxEvent.findMany()
    expect(row).toMatchObject({ state: 'PENDING', attempts: 1, lastError: expect.stringMatching(/updated_at|id/) })
  })

  test('of an unknown source stays PENDING and records the reason', async () => {
    const event = await deliverCreated('user_nobody')
    await app.app.db.prisma.inboxEvent.update({ where: { id: event.id }, data: { source: 'a-provider' } })
    await attempt(event)
    expect((await rowOf(event)).lastError).toBe('No configured source handles events of "a-provider".')
  })

  test('is counted even if its error message cannot be stored as text', async () => {
    const event = await deliverCreated('user_nul')
    const run = handlerOf('inbox.process', {
      name: 'clerk',
      apply: () => Promise.reject(new Error('a\0b \ud800')),
    })
    await run({ id: event.id })
    expect(await rowOf(event)).toMatchObject({ attempts: 1, lastError: expect.stringMatching(/^ab /) })
  })
})

describe('an attempt that is killed', () => {
  test('leaves no partial effect, and the next attempt completes the event', async () => {
    const event = await deliverCreated('user_killed', clerkAddresses(['killed@example.com']))
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

test('an event that two workers process at once is applied once', async () => {
  const event = await deliverCreated('user_twice')
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
  test('is enqueued again ten minutes after its time, not earlier', async () => {
    const event = await deliverCreated('user_lost')
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

  test('is enqueued again for every event in one run, and a job that waits in a backlog keeps its place', async () => {
    const { prisma } = app.app.db
    await insertRows(app, 'inbox_events', 2_500, {
      ...rowsOf('').event(`'${app.now.toISOString()}'`),
      event_id: `'lost.' || n`,
      state: `'PENDING'`,
      processed_at: 'NULL',
      next_attempt_at: `'${app.now.toISOString()}'`,
    })
    await app.owner.query(`SELECT graphile_worker.add_job('inbox.process', '{}', job_key => 'inbox.process:' || id,
      run_at => now() - interval '1 hour') FROM inbox_events WHERE event_id = 'lost.7'`)
    app.now = new Date(app.now.getTime() + 11 * minuteMs)
    await Promise.all([app.runJob('inbox.resume'), app.runJob('inbox.resume')])
    const [found] = await prisma.$queryRaw<object[]>`
      SELECT count(*)::int AS jobs, count(*) FILTER (WHERE run_at < now() - interval '50 minutes')::int AS before
      FROM graphile_worker.jobs WHERE task_identifier = 'inbox.process'`
    expect(found).toEqual({ jobs: 2_500, before: 1 })
    await app.owner.query(
      `DELETE FROM inbox_events WHERE event_id LIKE 'lost.%'; DELETE FROM graphile_worker._private_jobs`,
    )
  })
})

describe('pruning', () => {
  test('deletes only PROCESSED events that are older than the retention', async () => {
    const restore = await failWrites('users', `NEW.first_name IN ('Dead', 'Pending')`, 'not now')
    const [processed, dead, pending] = [
      await deliverCreated('user_processed'),
      await deliverCreated('user_dead', { first_name: 'Dead' }),
      await deliverCreated('user_pending', { first_name: 'Pending' }),
    ]
    await attempt(processed)
    for (let failures = 0; failures < maxAttempts; failures += 1) await attempt(dead)
    await attempt(pending)
    await restore()

    app.now = new Date(processed.receivedAt.getTime() + 30 * dayMs)
    await app.runJob('inbox.prune')
    expect(await app.app.db.prisma.inboxEvent.count()).toBe(3)
    app.now = new Date(app.now.getTime() + dayMs)
    await app.runJob('inbox.prune')
    const left = await app.app.db.prisma.inboxEvent.findMany()
    expect(left.map(({ state }) => state).sort()).toEqual(['DEAD', 'PENDING'])
    expect(await person('user_processed')).not.toBeNull()
  })

  test('deletes all of them, in batches', async () => {
    await app.app.db.prisma.$executeRaw`
      INSERT INTO inbox_events (id, source, event_id, type, sent_at, received_at, state, processed_at)
      SELECT gen_random_uuid(), 'clerk', 'msg_' || n, 'a', now, now, 'PROCESSED', now
      FROM generate_series(1, 2500) AS n, (SELECT now() - interval '31 days' AS now)`
    await app.runJob('inbox.prune')
    expect(await app.app.db.prisma.inboxEvent.count()).toBe(0)
  })
})

/** A job handler of an inbox with only this source. */
function handlerOf(job: string, source: Omit<InboxSource, 'types'>): (payload: object) => Promise<void> {
  const handlers = inboxWorker({ ...app.app, sources: [{ types: [], ...source }], retentionDays: 30 })
  const handler = handlers.find(({ name }) => name === job)
  return async (payload) => handler?.run(payload, testRun())
}

test('delayAfter quadruples with each failure, with jitter between half and all of it', () => {
  expect([0, 0.5, 1].map((random) => delayAfter(1, () => random))).toEqual([2_500, 3_750, 5_000])
  expect(delayAfter(3, () => 1)).toBe(80_000)
  expect(delayAfter(9, () => 1)).toBe(6 * 3_600_000)
  expect(new Set(Array.from({ length: 100 }, () => delayAfter(5))).size).toBeGreaterThan(90)
})
