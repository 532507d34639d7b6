import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { concurrencyWith } from '../../testing/job-run.ts'
import { openPool } from '../../testing/pool.ts'
import { type ClonedDatabase, cloneDatabase, directUrlOf } from '../../testing/postgres.ts'
import { directConnectionsOfWorker } from '../database/connections.ts'
import { createDatabase, type Database } from '../database/db.ts'
import { silentLog } from '../observability/log.ts'
import { defineJob, enqueue, enqueueMany, handle, type JobHandler } from './define-job.ts'
import { defaultJobConcurrency, type JobConcurrency, type Lane, lanes } from './lanes.ts'
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

async function start(handlers: JobHandler[], concurrency: JobConcurrency = defaultJobConcurrency): Promise<void> {
  const directUrl = directUrlOf(database.url)
  const jobs = await runJobs({ directUrl, handlers, cron: [], concurrency, log: silentLog })
  onTestFinished(() => jobs[Symbol.asyncDispose]())
}

const jobOf = (name: string, lane: Lane) => defineJob({ name, payload: z.object({ n: z.number() }), lane })

async function add(job: ReturnType<typeof jobOf>, count: number): Promise<void> {
  const items = Array.from({ length: count }, (_, n) => ({ payload: { n }, key: String(n) }))
  await db.transaction((tx) => enqueueMany(tx, job, items))
}

/** A handler that works until it is released, and counts how many of them run at once. */
function blocking(job: ReturnType<typeof jobOf>, onEnd: (name: string) => void = () => undefined) {
  const { promise, resolve } = Promise.withResolvers<void>()
  onTestFinished(() => resolve())
  const seen = { working: 0, most: 0, done: 0 }
  const handler = handle(job, async () => {
    seen.working += 1
    seen.most = Math.max(seen.most, seen.working)
    await promise
    seen.working -= 1
    seen.done += 1
    onEnd(job.name)
  })
  return { handler, seen, release: resolve }
}

test.each(['files', 'render'] as const)(
  'while 20 long jobs wait in %s and one runs, a default job is done first',
  async (lane) => {
    const ends: string[] = []
    const long = blocking(jobOf(`long.${lane}`, lane), (name) => ends.push(name))
    const short = jobOf('short', 'default')
    await start([long.handler, handle(short, async () => void ends.push('short'))])
    await add(jobOf(`long.${lane}`, lane), 21)
    await expect.poll(() => long.seen.working, { timeout: 10_000 }).toBe(1)

    await db.transaction((tx) => enqueue(tx, short, { n: 0 }))
    await expect.poll(() => ends, { timeout: 10_000 }).toEqual(['short'])
    expect(long.seen).toEqual({ working: 1, most: 1, done: 0 })
    long.release()
    await expect.poll(() => long.seen.done, { timeout: 10_000 }).toBe(21)
    expect(long.seen.most).toBe(1)
  },
)

test('each lane runs as many jobs at once as it has slots, over few connections of which one listens', async () => {
  const blocked = lanes.map((lane) => ({ lane, ...blocking(jobOf(`blocked.${lane}`, lane)) }))
  await start(blocked.map(({ handler }) => handler))
  for (const { lane } of blocked) await add(jobOf(`blocked.${lane}`, lane), 40)
  const working = () => Object.fromEntries(blocked.map(({ lane, seen }) => [lane, seen.working]))
  await expect.poll(working, { timeout: 10_000 }).toEqual(defaultJobConcurrency)

  const connections = await owner.query<{ query: string }>(
    `SELECT query FROM pg_stat_activity WHERE datname = current_database() AND application_name NOT LIKE 'pacer%'
     AND pid <> pg_backend_pid()`,
  )
  expect(connections.rowCount).toBeLessThanOrEqual(directConnectionsOfWorker)
  expect(connections.rows.filter(({ query }) => query.startsWith('LISTEN'))).toHaveLength(1)

  for (const { release } of blocked) release()
  await expect.poll(() => blocked.map(({ seen }) => seen.done), { timeout: 10_000 }).toEqual(lanes.map(() => 40))
  expect(Object.fromEntries(blocked.map(({ lane, seen }) => [lane, seen.most]))).toEqual(defaultJobConcurrency)
})

test('a process runs nothing of a lane without slots, and no job that it does not know', async () => {
  const ran: string[] = []
  const handlerOf = (lane: Lane) => handle(jobOf(`seen.${lane}`, lane), async () => void ran.push(lane))
  await start([handlerOf('files'), handlerOf('send')], concurrencyWith({ files: 0 }))
  for (const job of [jobOf('unknown', 'send'), jobOf('seen.files', 'files'), jobOf('seen.send', 'send')])
    await add(job, 1)
  await expect.poll(() => ran, { timeout: 10_000 }).toEqual(['send'])
  const { rows } = await owner.query(`SELECT task_identifier AS name, attempts FROM graphile_worker.jobs ORDER BY 1`)
  expect(rows).toEqual([
    { name: 'seen.files', attempts: 0 },
    { name: 'unknown', attempts: 0 },
  ])
})
