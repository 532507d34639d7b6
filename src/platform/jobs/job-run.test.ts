import { once } from 'node:events'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { openPool } from '../../testing/pool.ts'
import { type ClonedDatabase, cloneDatabase, directUrlOf } from '../../testing/postgres.ts'
import { unlockWorkers } from '../compat/graphile-worker/workers.ts'
import { createDatabase, type Database } from '../database/db.ts'
import { silentLog } from '../observability/log.ts'
import { cancelJobs, retryJobs } from './change-jobs.ts'
import { defineJob, enqueue, handle, type JobHandler, type JobType } from './define-job.ts'
import { type AbortReason, abortReasonOf, type JobRun } from './job-run.ts'
import { defaultJobConcurrency } from './lanes.ts'
import { type RunningJobs, runJobs } from './run-jobs.ts'

let database: ClonedDatabase
let db: Database
let owner: ReturnType<typeof openPool>
beforeAll(async () => {
  database = await cloneDatabase()
  const { url } = database
  db = createDatabase({ url, isPooled: false, poolSize: 2, log: silentLog, onNotify: () => undefined })
  owner = openPool(database.ownerUrl, 2)
})
beforeEach(() => owner.query('TRUNCATE graphile_worker._private_jobs, job_progress'))
afterAll(async () => {
  await db[Symbol.asyncDispose]()
  await owner.end()
  await database[Symbol.asyncDispose]()
})

const payload = z.object({ n: z.number() })
type Work = (payload: { n: number }, run: JobRun) => Promise<void>

async function start(...handlers: JobHandler[]): Promise<RunningJobs> {
  const directUrl = directUrlOf(database.url)
  const jobs = await runJobs({ directUrl, handlers, cron: [], concurrency: defaultJobConcurrency, log: silentLog })
  let ended: PromiseLike<void> | undefined
  const end = () => (ended ??= jobs[Symbol.asyncDispose]())
  onTestFinished(end)
  return { ended: jobs.ended, [Symbol.asyncDispose]: end }
}

const add = (job: JobType<{ n: number }>, key?: string, n = 1) =>
  db.transaction((tx) => enqueue(tx, job, { n }, key === undefined ? {} : { key }))

interface Row {
  readonly id: string
  readonly attempts: number
  readonly max_attempts: number
  readonly last_error: string | null
  readonly locked_by: string | null
  readonly waitSeconds: number
}

async function rows(): Promise<Row[]> {
  const sql = `SELECT id::text, attempts, max_attempts, last_error, locked_by,
      extract(epoch FROM run_at - updated_at)::float8 AS "waitSeconds"
    FROM graphile_worker._private_jobs ORDER BY graphile_worker._private_jobs.id`
  return (await owner.query<Row>(sql)).rows
}
const onlyRow = async () => (await rows())[0]
const progress = async () =>
  (await owner.query('SELECT steps, step, percent FROM job_progress ORDER BY job_id')).rows as object[]

/** Resolves when the signal is aborted, to the reason. */
const abortOf = async ({ signal }: JobRun): Promise<AbortReason | null> => {
  if (!signal.aborted) await once(signal, 'abort')
  return abortReasonOf(signal)
}

const job = defineJob({ name: 'some.job', payload })

describe('a job of several steps', () => {
  /** Does three steps; the second one waits until it is released or aborted. */
  function threeSteps() {
    const did: string[] = []
    const isWaiting = Promise.withResolvers<void>()
    const mayGoOn = Promise.withResolvers<void>()
    const results: unknown[] = []
    const work: Work = async (_payload, run) => {
      did.push(`attempt ${run.attempt}`)
      const first = await run.step('first', async () => {
        did.push('first')
        return { key: 'a', at: new Date(0) }
      })
      run.progress(33.4)
      await run.step('second', async () => {
        did.push('second')
        isWaiting.resolve()
        await Promise.race([mayGoOn.promise, abortOf(run).then(() => run.signal.throwIfAborted())])
      })
      results.push(first, await run.step('third', async () => did.push('third')))
    }
    return { did, results, isWaiting: isWaiting.promise, goOn: mayGoOn.resolve, handler: handle(job, work) }
  }

  test('is returned at once when its worker stops, and resumes after the saved steps; no attempt is counted', async () => {
    const stopped = threeSteps()
    const jobs = await start(stopped.handler)
    await add(job)
    await stopped.isWaiting
    await expect
      .poll(progress, { timeout: 5_000 })
      .toMatchObject([{ steps: { first: { key: 'a' } }, step: 'second', percent: 33 }])
    const began = performance.now()
    await jobs[Symbol.asyncDispose]()
    // A job that heeds its signal is not waited for, as one that does not is for five seconds.
    expect(performance.now() - began).toBeLessThan(4_000)
    expect(stopped.did).toEqual(['attempt 1', 'first', 'second'])
    expect(await onlyRow()).toMatchObject({ attempts: 0, locked_by: null, last_error: null })

    const other = threeSteps()
    await start(other.handler)
    await other.isWaiting
    other.goOn()
    await expect.poll(rows).toEqual([])
    expect(other.did).toEqual(['attempt 1', 'second', 'third'])
    expect(other.results).toEqual([{ key: 'a', at: '1970-01-01T00:00:00.000Z' }, 1 + other.did.indexOf('third')])
    expect(await progress()).toEqual([])
  })

  test('that is stopped between two steps keeps the one that has just ended', async () => {
    const isStopping = Promise.withResolvers<void>()
    const did: string[] = []
    const work: Work = async (_payload, run) => {
      await run.step('slow', async () => {
        did.push('slow')
        isStopping.resolve()
        await abortOf(run)
        return 'kept'
      })
      await run.step('next', async () => void did.push('next'))
    }
    const jobs = await start(handle(job, work))
    await add(job)
    await isStopping.promise
    await jobs[Symbol.asyncDispose]()
    expect(did).toEqual(['slow'])
    expect(await progress()).toMatchObject([{ steps: { slow: 'kept' } }])
  })

  test('resumes after a failure, but does all of it for another payload', async () => {
    let isBroken = true
    const did: string[] = []
    const work: Work = async ({ n }, run) => {
      await run.step('first', async () => void did.push(`first ${n}`))
      if (isBroken) throw new Error('It broke.')
      did.push(`end ${n}`)
    }
    await start(handle(job, work))
    await add(job, 'key', 1)
    await expect.poll(onlyRow).toMatchObject({ last_error: 'It broke.', attempts: 1 })
    isBroken = false
    await retryJobs(db.prisma, [(await onlyRow())?.id ?? ''])
    await expect.poll(rows).toEqual([])
    expect(did.splice(0)).toEqual(['first 1', 'end 1'])

    isBroken = true
    await add(job, 'key', 2)
    await expect.poll(onlyRow).toMatchObject({ last_error: 'It broke.' })
    isBroken = false
    await add(job, 'key', 3)
    await expect.poll(rows).toEqual([])
    expect(did).toEqual(['first 2', 'first 3', 'end 3'])
  })

  test('stores small results of few steps', async () => {
    const work: Work = async ({ n }, run) => {
      if (n === 1) await run.step('large', async () => 'x'.repeat(16 * 1_024))
      if (n === 2) await run.step('x'.repeat(101), async () => undefined)
      for (let step = 0; step <= 100; step += 1) await run.step(`step ${step}`, async () => step)
    }
    const once = defineJob({ name: 'some.job', payload, maxAttempts: 1 })
    await start(handle(once, work))
    for (const n of [1, 2, 3]) await add(once, undefined, n)
    await expect
      .poll(async () => (await rows()).map(({ last_error }) => last_error), { timeout: 10_000 })
      .toEqual([
        expect.stringContaining('The result of the step large takes 16386 bytes, and 16384 are allowed.'),
        expect.stringContaining("A step's name has 100 characters at most"),
        expect.stringContaining('A job has 100 steps at most; step 100 is one more.'),
      ])
  })
})

describe('the signal', () => {
  test('is aborted at the timeout of the job: the attempt counts as failed, and waits as its backoff says', async () => {
    const hasty = defineJob({ name: 'some.job', payload, timeoutMs: 20, maxAttempts: 3, backoff: (n) => n * 90_000 })
    const reasons: (AbortReason | null)[] = []
    const work: Work = async (_payload, run) => {
      reasons.push(await abortOf(run))
      run.signal.throwIfAborted()
    }
    await start(handle(hasty, work))
    await add(hasty)
    const failed = { last_error: 'The job took longer than its timeout.', locked_by: null, max_attempts: 3 }
    await expect.poll(onlyRow).toMatchObject({ ...failed, attempts: 1, waitSeconds: 90 })
    await owner.query('UPDATE graphile_worker._private_jobs SET run_at = now()')
    await expect.poll(onlyRow, { timeout: 5_000 }).toMatchObject({ ...failed, attempts: 2, waitSeconds: 180 })
    expect(reasons).toEqual(['timeout', 'timeout'])
  })

  test('is not heeded by a job that hangs: five seconds after its timeout it holds no slot any more', async () => {
    const hanging = defineJob({ name: 'hanging', payload, lane: 'files', timeoutMs: 20 })
    const next = defineJob({ name: 'next', payload, lane: 'files' })
    const ran: string[] = []
    const never = handle(hanging, () => new Promise(() => undefined))
    await start(
      never,
      handle(next, async () => void ran.push('next')),
    )
    await add(hanging)
    await expect.poll(onlyRow).toMatchObject({ attempts: 1 })
    await add(next)
    await expect.poll(() => ran, { timeout: 15_000 }).toEqual(['next'])
    expect(await onlyRow()).toMatchObject({ locked_by: null, last_error: 'The job took longer than its timeout.' })
  }, 20_000)

  test.each([
    ['by a notification', async (id: string) => void (await cancelJobs(db.prisma, [id]))],
    [
      'where the notification is lost, within about a second',
      async (id: string) => {
        await owner.query(
          `INSERT INTO job_progress (job_id, revision, cancel_requested_at, updated_at) SELECT id, revision, now(), now()
           FROM graphile_worker._private_jobs WHERE id = $1`,
          [id],
        )
      },
    ],
  ])(
    'is aborted when an operator cancels the job, %s; it is not tried again, and can be retried',
    async (_how, cancel) => {
      const isWorking = Promise.withResolvers<void>()
      const seen: unknown[] = []
      const work: Work = async (_payload, run) => {
        isWorking.resolve()
        if (seen.length > 0) return void seen.push('done')
        seen.push(run.isLastAttempt, await abortOf(run), run.isLastAttempt)
        run.signal.throwIfAborted()
      }
      await start(handle(job, work))
      await add(job)
      await isWorking.promise
      const id = (await onlyRow())?.id ?? ''
      await cancel(id)
      const row = { attempts: 12, max_attempts: 12, locked_by: null, last_error: 'Cancelled by an operator.' }
      await expect.poll(onlyRow, { timeout: 5_000 }).toMatchObject(row)
      expect(seen).toEqual([false, 'cancelled', true])
      await retryJobs(db.prisma, [id])
      await expect.poll(rows, { timeout: 5_000 }).toEqual([])
      expect(seen.at(-1)).toBe('done')
    },
  )

  test('of a job that was cancelled while its worker died is aborted before the next worker begins it', async () => {
    await add(job)
    const id = (await onlyRow())?.id ?? ''
    await owner.query(`UPDATE graphile_worker._private_jobs SET locked_by = 'dead', locked_at = now()`)
    expect(await cancelJobs(db.prisma, [id])).toEqual(new Set())
    await unlockWorkers(owner, ['dead'])
    const ran: string[] = []
    await start(handle(job, async () => void ran.push('ran')))
    await expect.poll(onlyRow, { timeout: 5_000 }).toMatchObject({ last_error: 'Cancelled by an operator.' })
    expect(ran).toEqual([])
  })

  test('is aborted when the job is another worker’s: what it stores then changes nothing', async () => {
    const isWorking = Promise.withResolvers<void>()
    const ended = Promise.withResolvers<unknown[]>()
    const work: Work = async (_payload, run) => {
      isWorking.resolve()
      const reason = await abortOf(run)
      const saved = await run.step('late', async () => 1).catch(abortReason)
      ended.resolve([reason, saved])
    }
    const abortReason = (error: unknown) => (error instanceof Error ? error.message : error)
    await start(handle(job, work))
    await add(job)
    await isWorking.promise
    await owner.query(`UPDATE graphile_worker._private_jobs SET locked_by = 'another'`)
    expect(await ended.promise).toEqual(['lost', 'Another worker has the job.'])
    expect(await progress()).toEqual([])
    // The handler has ended without an error, and still the other worker's job is there.
    await start(handle(defineJob({ name: 'marker', payload }), async () => undefined))
    expect(await onlyRow()).toMatchObject({ locked_by: 'another', attempts: 1 })
  })
})

test('an attempt whose job was unlocked removes nothing that was added anew on the same row', async () => {
  const isWorking = Promise.withResolvers<void>()
  const mayEnd = Promise.withResolvers<void>()
  const seen: number[] = []
  const work: Work = async ({ n }) => {
    seen.push(n)
    isWorking.resolve()
    if (n === 1) await mayEnd.promise
  }
  const first = await start(handle(job, work))
  await add(job, 'key', 1)
  await isWorking.promise
  const before = await onlyRow()
  // Far in the future before it is unlocked, so that no worker takes it again.
  await owner.query(`UPDATE graphile_worker._private_jobs SET run_at = '2100-01-01'`)
  await unlockWorkers(owner, [before?.locked_by ?? ''])
  await db.transaction((tx) => enqueue(tx, job, { n: 2 }, { key: 'key', runAt: new Date('2100-01-01') }))
  mayEnd.resolve()
  await first[Symbol.asyncDispose]()
  expect(await rows()).toMatchObject([{ id: before?.id, attempts: 0, locked_by: null }])
  expect(seen).toEqual([1])
})

test('a job that was added anew while it ran is not returned beside the new one', async () => {
  const isWorking = Promise.withResolvers<void>()
  const work: Work = async (_payload, run) => {
    isWorking.resolve()
    await abortOf(run)
    run.signal.throwIfAborted()
  }
  const jobs = await start(handle(job, work))
  await add(job, 'key')
  await isWorking.promise
  const before = await onlyRow()
  await db.transaction((tx) => enqueue(tx, job, { n: 2 }, { key: 'key', runAt: new Date('2100-01-01') }))
  await jobs[Symbol.asyncDispose]()
  const left = await rows()
  expect(left).toMatchObject([{ attempts: 0, locked_by: null }])
  expect(left[0]?.id).not.toBe(before?.id)
})
