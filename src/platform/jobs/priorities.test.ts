import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { openPool } from '../../testing/pool.ts'
import { type ClonedDatabase, cloneDatabase, directUrlOf } from '../../testing/postgres.ts'
import { createDatabase, type Database } from '../database/db.ts'
import { silentLog } from '../observability/log.ts'
import { defineJob, enqueue, enqueueMany, handle, type JobHandler } from './define-job.ts'
import { defaultJobConcurrency, type JobPriority, jobPriorities, laneOf, lanes, storedPrioritiesOf } from './lanes.ts'
import { listJobs } from './list-jobs.ts'
import { readQueue } from './read-queue.ts'
import { runJobs } from './run-jobs.ts'

let database: ClonedDatabase
let db: Database
let owner: ReturnType<typeof openPool>
beforeAll(async () => {
  database = await cloneDatabase()
  const { url } = database
  db = createDatabase({ url, isPooled: false, poolSize: 2, log: silentLog, onNotify: () => undefined })
  owner = openPool(database.ownerUrl, 1)
})
afterAll(async () => {
  await db[Symbol.asyncDispose]()
  await owner.end()
  await database[Symbol.asyncDispose]()
})
beforeEach(() => owner.query('TRUNCATE graphile_worker._private_jobs, job_turns'))

const payload = z.object({ n: z.number() })
const jobOf = (priority: JobPriority) => defineJob({ name: `job.${priority}`, payload, priority })
const priorities = Object.keys(jobPriorities) as JobPriority[]

async function start(handlers: JobHandler[]): Promise<void> {
  const directUrl = directUrlOf(database.url)
  const jobs = await runJobs({
    directUrl,
    handlers,
    cron: [],
    concurrency: { ...defaultJobConcurrency, default: 1 },
    log: silentLog,
  })
  onTestFinished(() => jobs[Symbol.asyncDispose]())
}

test('jobs of a lane run by priority, and those of one priority by time; what an earlier release added comes first', async () => {
  const runAt = (minutesAgo: number) => ({ runAt: new Date(Date.now() - minutesAgo * 60_000) })
  for (const priority of priorities.toReversed()) {
    await db.transaction((tx) => enqueue(tx, jobOf(priority), { n: 2 }, runAt(1)))
    await db.transaction((tx) => enqueue(tx, jobOf(priority), { n: 1 }, runAt(60)))
  }
  await owner.query(`SELECT graphile_worker.add_job('job.maintenance', '{"n": 3}', priority => 0)`)
  const ran: string[] = []
  await start(priorities.map((priority) => handle(jobOf(priority), async ({ n }) => void ran.push(`${priority} ${n}`))))
  const inOrder = priorities.flatMap((priority) => [`${priority} 1`, `${priority} 2`])
  await expect.poll(() => ran, { timeout: 10_000 }).toEqual(['maintenance 3', ...inOrder])
})

test('a job that a person waits for runs next behind 20,000 webhooks', async () => {
  const webhooks = Array.from({ length: 5_000 }, (_, n) => ({ payload: { n }, key: String(n) }))
  for (let nth = 0; nth < 4; nth += 1) {
    const items = webhooks.map(({ key, ...item }) => ({ ...item, key: `${nth}.${key}` }))
    await db.transaction((tx) => enqueueMany(tx, jobOf('webhook'), items))
  }
  const ran: JobPriority[] = []
  const { promise: isReleased, resolve: release } = Promise.withResolvers<void>()
  await start([
    handle(jobOf('webhook'), async () => {
      ran.push('webhook')
      if (ran.length === 1) await isReleased
    }),
    handle(jobOf('interactive'), async () => void ran.push('interactive')),
  ])
  await expect.poll(() => ran, { timeout: 10_000 }).toEqual(['webhook'])
  await db.transaction((tx) => enqueue(tx, jobOf('interactive'), { n: 0 }))
  release()
  await expect.poll(() => ran.length, { timeout: 10_000 }).toBeGreaterThan(1)
  expect(ran[1]).toBe('interactive')
})

test('the queue is read and listed per lane, of earlier releases too', async () => {
  for (const priority of priorities) await db.transaction((tx) => enqueue(tx, jobOf(priority), { n: 0 }))
  await owner.query(`
    SELECT graphile_worker.add_job('job.interactive', priority => 0, run_at => now() - interval '1 hour'),
      graphile_worker.add_job('job.file', priority => 1), graphile_worker.add_job('job.unknown', priority => 99)`)
  const { default: queue, files } = await readQueue(owner)
  expect([queue.depth, files.depth]).toEqual([priorities.length + 1, 1])
  expect(queue.oldestSeconds).toBeGreaterThanOrEqual(3_600)
  const page = { limit: 10, oldestFirst: true }
  const listed = await listJobs(db.prisma, { filter: { lane: 'default' }, ...page })
  expect(listed.map(({ lane }) => lane)).toEqual(Array.from({ length: priorities.length + 1 }, () => 'default'))
  const all = await listJobs(db.prisma, { filter: {}, ...page })
  expect(all.map(({ name, lane }) => [name, lane]).slice(-2)).toEqual([
    ['job.file', 'files'],
    ['job.unknown', null],
  ])
})

test('every stored priority belongs to one lane', () => {
  const stored = lanes.flatMap((lane) => storedPrioritiesOf(lane).map((priority) => [priority, lane] as const))
  expect(new Set(stored.map(([priority]) => priority)).size).toBe(stored.length)
  for (const [priority, lane] of stored) expect(laneOf(priority)).toBe(lane)
})
