import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { concurrencyWith } from '../../testing/job-run.ts'
import { openPool } from '../../testing/pool.ts'
import { type ClonedDatabase, cloneDatabase, directUrlOf } from '../../testing/postgres.ts'
import { completeJob } from '../compat/graphile-worker/job-outcomes.ts'
import { takeJobs } from '../compat/graphile-worker/take-jobs.ts'
import { pruneTurns, turnPriority } from '../compat/graphile-worker/turns.ts'
import { createDatabase, type Database } from '../database/db.ts'
import { silentLog } from '../observability/log.ts'
import { cancelJobs, retryJobs } from './change-jobs.ts'
import { defineJob, enqueue, enqueueMany, handle, type JobHandler } from './define-job.ts'
import { runJobs } from './run-jobs.ts'

let database: ClonedDatabase
let db: Database
let owner: ReturnType<typeof openPool>
beforeAll(async () => {
  database = await cloneDatabase()
  const { url } = database
  db = createDatabase({ url, isPooled: false, poolSize: 4, log: silentLog, onNotify: () => undefined })
  owner = openPool(database.ownerUrl, 4)
})
afterAll(async () => {
  await db[Symbol.asyncDispose]()
  await owner.end()
  await database[Symbol.asyncDispose]()
})
beforeEach(() => owner.query('TRUNCATE graphile_worker._private_jobs, job_turns'))

const file = defineJob({ name: 'file', payload: z.object({ userId: z.string(), n: z.number() }), lane: 'files' })
const webhook = defineJob({ name: 'webhook', payload: z.object({}), priority: 'webhook' })

async function start(handlers: JobHandler[], files: number): Promise<void> {
  const directUrl = directUrlOf(database.url)
  const concurrency = concurrencyWith({ files })
  const jobs = await runJobs({ directUrl, handlers, cron: [], concurrency, log: silentLog })
  onTestFinished(() => jobs[Symbol.asyncDispose]())
}

async function addFiles(userId: string, count: number): Promise<void> {
  const items = Array.from({ length: count }, (_, n) => ({ payload: { userId, n }, key: `${userId}.${n}` }))
  await db.transaction((tx) => enqueueMany(tx, file, items))
}

/** A handler of files, each of which runs until it is released. */
function blockedFiles() {
  const running: { readonly userId: string; readonly n: number; readonly release: () => void }[] = []
  const begun: string[] = []
  const handler = handle(file, async ({ userId, n }, { signal }) => {
    const { promise, resolve: release } = Promise.withResolvers<void>()
    signal.addEventListener('abort', () => release())
    const one = { userId, n, release }
    running.push(one)
    begun.push(userId)
    await promise
    running.splice(running.indexOf(one), 1)
  })
  return { handler, begun, running, users: () => running.map(({ userId }) => userId).toSorted() }
}

const take = (worker: string, slots = 1) => takeJobs(owner, worker, [{ slots, priorities: [turnPriority] }], ['file'])
const ownerOf = ({ payload }: { readonly payload: unknown }) => (payload as { userId: string }).userId

test('while 50 files of a user wait, a webhook of another is processed, and that user’s file is next', async () => {
  const files = blockedFiles()
  const webhooks: string[] = []
  await start([files.handler, handle(webhook, async () => void webhooks.push('done'))], 1)
  const [ann, ben] = [randomUUID(), randomUUID()]
  await addFiles(ann, 50)
  await expect.poll(files.users, { timeout: 10_000 }).toEqual([ann])

  await db.transaction((tx) => enqueue(tx, webhook, {}))
  await expect.poll(() => webhooks, { timeout: 10_000 }).toEqual(['done'])
  expect(files.begun).toEqual([ann])

  await addFiles(ben, 2)
  for (const [nth, user] of [ann, ben, ann, ben, ann, ann].entries()) {
    await expect.poll(() => files.begun[nth], { timeout: 10_000 }).toBe(user)
    files.running.find(({ userId }) => userId === user)?.release()
  }
})

test('two processes with free slots run one file of each user at once', async () => {
  const [one, other] = [blockedFiles(), blockedFiles()]
  const [ann, ben] = [randomUUID(), randomUUID()].toSorted() as [string, string]
  await addFiles(ann, 20)
  await addFiles(ben, 20)
  await start([one.handler], 4)
  await start([other.handler], 4)
  const running = () => [...one.users(), ...other.users()].toSorted()
  await expect.poll(running, { timeout: 10_000 }).toEqual([ann, ben])
  for (let nth = 0; nth < 10; nth += 1) {
    const [next] = [...one.running, ...other.running]
    const begun = one.begun.length + other.begun.length
    next?.release()
    await expect.poll(() => one.begun.length + other.begun.length, { timeout: 10_000 }).toBe(begun + 1)
    expect(running()).toEqual([ann, ben])
  }
})

test('a worker whose snapshot is older than another one’s commit takes no second file of a user', async () => {
  const ann = randomUUID()
  await addFiles(ann, 5)
  for (let round = 0; round < 40; round += 1) {
    const taken = (await Promise.all(['a', 'b', 'c', 'd'].map((worker) => take(worker, 4)))).flat()
    expect(taken).toHaveLength(1)
    await owner.query('UPDATE graphile_worker._private_jobs SET locked_at = NULL, locked_by = NULL, attempts = 0')
  }
  const blocker = await owner.connect()
  try {
    await blocker.query('BEGIN')
    const first = await takeJobs(blocker, 'a', [{ slots: 1, priorities: [turnPriority] }], ['file'])
    expect(first).toHaveLength(1)
    expect(await take('b', 4)).toEqual([])
    await blocker.query('COMMIT')
    expect(await take('b', 4)).toEqual([])
  } finally {
    blocker.release()
  }
})

test('100,000 waiting files of a user, of whom one runs, cost a take of another user’s file no more', async () => {
  const [ann, ben] = [randomUUID(), randomUUID()]
  await addFiles(ann, 1)
  await owner.query(
    `INSERT INTO graphile_worker._private_jobs (task_id, payload, priority, key)
     SELECT task_id, payload, priority, n::text FROM graphile_worker._private_jobs, generate_series(1, 100000) AS n`,
  )
  await owner.query('ANALYZE graphile_worker._private_jobs')
  expect(await take('a')).toHaveLength(1)
  const buffersOf = async () => {
    const statements: unknown[] = []
    const explain = async ({ text, values }: { text: string; values: unknown[] }) => {
      const { rows } = await owner.query<{ 'QUERY PLAN': object[] }>(
        `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${text}`,
        values,
      )
      statements.push(...(rows[0]?.['QUERY PLAN'] ?? []))
      return { rows: [] }
    }
    await takeJobs({ query: explain } as never, 'b', [{ slots: 2, priorities: [turnPriority] }], ['file'])
    const { Plan: plan } = statements[0] as { Plan: Record<string, number> }
    return (plan['Shared Hit Blocks'] ?? 0) + (plan['Shared Read Blocks'] ?? 0)
  }
  expect(await buffersOf()).toBeLessThan(100)
  await addFiles(ben, 1)
  expect(await buffersOf()).toBeLessThan(200)
  expect((await owner.query(`SELECT count(*)::int AS n FROM graphile_worker.jobs WHERE locked_by = 'b'`)).rows).toEqual(
    [{ n: 1 }],
  )
})

test('the turn of a user is removed with the last job, and not while a job is added', async () => {
  const [ann, ben] = [randomUUID(), randomUUID()]
  await addFiles(ann, 1)
  await addFiles(ben, 1)
  const [job] = await take('a')
  if (!job) throw new Error('No job was taken.')
  await completeJob(owner, { id: job.id, revision: job.revision, worker: 'a' })
  const turns = async () =>
    (await owner.query<{ owner: string }>('SELECT owner FROM job_turns')).rows.map((row) => row.owner)

  await db.transaction(async (tx) => {
    await enqueue(tx, file, { userId: ann, n: 1 }, { key: 'added meanwhile' })
    await pruneTurns(owner)
  })
  expect((await turns()).toSorted()).toEqual([ann, ben].toSorted())
  expect(await take('a', 4)).toHaveLength(2)
  await owner.query('TRUNCATE graphile_worker._private_jobs')
  await pruneTurns(owner)
  expect(await turns()).toEqual([])
  await addFiles(ann, 1)
  expect((await take('a')).map(ownerOf)).toEqual([ann])
})

test('a file that was cancelled and is retried after a while is taken', async () => {
  const ann = randomUUID()
  await addFiles(ann, 1)
  const { rows } = await owner.query<{ id: string }>('SELECT id::text FROM graphile_worker.jobs')
  const ids = rows.map(({ id }) => id)
  await cancelJobs(db.prisma, ids)
  expect(await take('a')).toEqual([])
  await pruneTurns(owner)
  await retryJobs(db.prisma, ids)
  expect((await take('a')).map(ownerOf)).toEqual([ann])
})
