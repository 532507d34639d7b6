import type { Pool } from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { concurrencyWith } from '../../testing/job-run.ts'
import { openPool } from '../../testing/pool.ts'
import { type ClonedDatabase, cloneDatabase, directUrlOf } from '../../testing/postgres.ts'
import { createLog, silentLog } from '../observability/log.ts'
import type { JobHandler } from './define-job.ts'
import { type RunningJobs, runJobs } from './run-jobs.ts'

const quickly = { beatMs: 50, deadAfterMs: 400 }

let database: ClonedDatabase
let pool: Pool
beforeAll(async () => {
  database = await cloneDatabase()
  pool = openPool(database.url)
})
afterAll(async () => {
  await pool.end()
  await database[Symbol.asyncDispose]()
})

const start = (handlers: JobHandler[], heartbeat = quickly): Promise<RunningJobs> =>
  runJobs({
    directUrl: database.url,
    handlers,
    cron: [],
    concurrency: concurrencyWith({ default: 1 }),
    log: silentLog,
    heartbeat,
  })

async function addJob(name: string, maxAttempts = 12): Promise<string> {
  const { rows } = await pool.query<{ id: string }>(
    'SELECT id FROM graphile_worker.add_job($1, $2::json, max_attempts => $3)',
    [name, '{}', maxAttempts],
  )
  return rows[0]?.id ?? ''
}

/** The row as it is when a worker took the job an hour ago. */
async function markTakenAnHourAgo(jobId: string, workerId: string): Promise<void> {
  await pool.query(
    `UPDATE graphile_worker._private_jobs
     SET locked_by = $2, locked_at = now() - interval '1 hour', attempts = 1 WHERE id = $1`,
    [jobId, workerId],
  )
}

async function holderOf(jobId: string): Promise<string | null | undefined> {
  const { rows } = await pool.query<{ locked_by: string | null }>(
    'SELECT locked_by FROM graphile_worker.jobs WHERE id = $1',
    [jobId],
  )
  return rows[0]?.locked_by
}

const seen = (workerId: string, ago: string) =>
  pool.query(
    `INSERT INTO worker_heartbeats (worker_id, seen_at) VALUES ($1, now() - $2::interval)
     ON CONFLICT (worker_id) DO UPDATE SET seen_at = excluded.seen_at`,
    [workerId, ago],
  )

/** A handler that records its attempts. */
function counting(name: string) {
  const attempts: boolean[] = []
  const handler: JobHandler = { name, run: async (_payload, { isLastAttempt }) => void attempts.push(isLastAttempt) }
  return { handler, attempts }
}

describe('a job that was taken an hour ago', () => {
  test('by a worker without a heartbeat is done by another; that of a living one is not', async () => {
    const { handler, attempts } = counting('long')
    const [living, silent, unknown] = [await addJob('long'), await addJob('long'), await addJob('long')]
    await markTakenAnHourAgo(living, 'worker-living')
    await markTakenAnHourAgo(silent, 'worker-silent')
    await markTakenAnHourAgo(unknown, 'worker-that-never-wrote')
    await seen('worker-living', '-1 hour')
    await seen('worker-silent', '1 minute')

    await using _ = await start([handler])
    await expect.poll(() => attempts.length, { timeout: 10_000 }).toBe(2)
    await expect.poll(() => holderOf(silent)).toBeUndefined()
    await expect.poll(() => holderOf(unknown)).toBeUndefined()
    expect(await holderOf(living)).toBe('worker-living')

    await seen('worker-living', '1 minute')
    await expect.poll(() => attempts.length, { timeout: 10_000 }).toBe(3)
  })

  test('by a worker of another process that still works on it is done once', async () => {
    const working = Promise.withResolvers<void>()
    const finish = Promise.withResolvers<void>()
    let runs = 0
    const blocked: JobHandler = {
      name: 'blocked',
      run: async () => {
        runs += 1
        working.resolve()
        await finish.promise
      },
    }
    await using _busy = await start([blocked])
    await using _ = { [Symbol.asyncDispose]: async () => finish.resolve() }
    const jobId = await addJob('blocked')
    await working.promise
    const worker = await holderOf(jobId)
    await pool.query(`UPDATE graphile_worker._private_jobs SET locked_at = now() - interval '1 hour' WHERE id = $1`, [
      jobId,
    ])

    // The other process has looked for such jobs when it does the one of a silent worker.
    const { handler, attempts } = counting('quick')
    await markTakenAnHourAgo(await addJob('quick'), 'worker-silent-too')
    await using _other = await start([handler, blocked])
    await expect.poll(() => attempts.length, { timeout: 10_000 }).toBe(1)
    expect([runs, await holderOf(jobId)]).toEqual([1, worker])
    finish.resolve()
    await expect.poll(() => holderOf(jobId), { timeout: 10_000 }).toBeUndefined()
    expect(runs).toBe(1)
  })
})

test('a job whose worker never got the answer that brought it waits again; one that runs does not', async () => {
  const working = Promise.withResolvers<void>()
  const finish = Promise.withResolvers<void>()
  let runs = 0
  const run = async () => {
    runs += 1
    working.resolve()
    await finish.promise
  }
  const { handler, attempts } = counting('lost')
  await using _ = await start([{ name: 'running', run }, handler])
  await using _finish = { [Symbol.asyncDispose]: async () => finish.resolve() }
  const running = await addJob('running')
  await working.promise
  const lost = await addJob('lost')
  const worker = (await holderOf(running)) ?? ''
  for (const job of [running, lost]) await markTakenAnHourAgo(job, worker)
  await expect.poll(() => holderOf(lost), { timeout: 10_000 }).toBeNull()
  expect(await holderOf(running)).toBe(worker)
  finish.resolve()
  await expect.poll(() => attempts.length, { timeout: 10_000 }).toBe(1)
  expect(runs).toBe(1)
})

describe('a worker', () => {
  test('that cannot store the outcome of a job continues with others, stores it later, and gives back the rest at its end', async () => {
    await using own = await cloneDatabase()
    const owner = openPool(own.ownerUrl, 1)
    const working = Promise.withResolvers<void>()
    let runs = 0
    const long: JobHandler = {
      name: 'long',
      run: () => {
        runs += 1
        working.resolve()
        return new Promise(() => undefined)
      },
    }
    const [short, next] = [counting('short'), counting('next')]
    const jobs = await runJobs({
      directUrl: directUrlOf(own.url),
      handlers: [long, short.handler, next.handler],
      cron: [],
      concurrency: concurrencyWith({ default: 2 }),
      log: silentLog,
      heartbeat: quickly,
    })
    await owner.query(`SELECT graphile_worker.add_job('long')`)
    await working.promise
    await owner.query('REVOKE DELETE ON graphile_worker._private_jobs FROM pacer_runtime')
    await owner.query(`SELECT graphile_worker.add_job('short')`)
    await expect.poll(() => short.attempts.length, { timeout: 10_000 }).toBe(1)
    await owner.query(`SELECT graphile_worker.add_job('next')`)
    await owner.query('GRANT DELETE ON graphile_worker._private_jobs TO pacer_runtime')
    await expect.poll(() => next.attempts.length, { timeout: 10_000 }).toBe(1)
    const holderOfLong = async () => {
      const sql = `SELECT locked_by FROM graphile_worker.jobs WHERE task_identifier = 'long'`
      return (await owner.query<{ locked_by: string | null }>(sql)).rows.map((row) => row.locked_by)
    }
    expect([runs, await holderOfLong()]).toEqual([1, [expect.stringMatching('pool-')]])
    await jobs[Symbol.asyncDispose]()
    expect([runs, await holderOfLong()]).toEqual([1, [null]])
    await owner.end()
  }, 30_000)

  test('whose first statement fails tries again, and then does its jobs', async () => {
    await using own = await cloneDatabase()
    const owner = openPool(own.ownerUrl, 1)
    await owner.query('REVOKE SELECT ON graphile_worker._private_tasks FROM pacer_runtime')
    const { handler, attempts } = counting('job')
    let logged = ''
    const destination = { write: (line: string) => (logged += line) }
    const log = createLog({ level: 'debug', pretty: false, destination })
    const heartbeat = { beatMs: 50, deadAfterMs: 400, stalledMs: 1_500 }
    const options = { cron: [], concurrency: concurrencyWith({ default: 1 }), log, heartbeat }
    await using _ = await runJobs({ directUrl: directUrlOf(own.url), handlers: [handler], ...options })
    await owner.query(`SELECT graphile_worker.add_job('job')`)
    await expect.poll(() => logged, { timeout: 10_000 }).toContain('Failed to acquire job')
    expect(attempts).toEqual([])
    await owner.query('GRANT SELECT ON graphile_worker._private_tasks TO pacer_runtime')
    await expect.poll(() => attempts.length, { timeout: 10_000 }).toBe(1)
    await owner.end()
  })

  test('that gets its answer late works on what it got, once, and counts as alive again', async () => {
    await using own = await cloneDatabase()
    const owner = openPool(own.ownerUrl, 2)
    const finish = Promise.withResolvers<void>()
    let runs = 0
    const late: JobHandler = {
      name: 'late',
      run: () => {
        runs += 1
        return finish.promise
      },
    }
    const { handler, attempts } = counting('lost')
    let logged = ''
    const destination = { write: (line: string) => (logged += line) }
    const log = createLog({ level: 'info', pretty: false, destination })
    // The lock below is held for less than `deadAfterMs`: locked_at is when the statement began that took the job.
    const heartbeat = { beatMs: 50, deadAfterMs: 5_000, stalledMs: 500 }
    const options = { cron: [], concurrency: concurrencyWith({ default: 2 }), log, heartbeat }
    const directUrl = directUrlOf(own.url)
    await using _ = await runJobs({ directUrl, handlers: [late, handler], ...options })
    await using _finish = { [Symbol.asyncDispose]: async () => finish.resolve() }

    const holder = await owner.connect()
    await holder.query('BEGIN; LOCK graphile_worker._private_jobs')
    await holder.query(`SELECT graphile_worker.add_job('late')`)
    await expect.poll(() => logged, { timeout: 10_000 }).toContain('the queue does not answer this worker')
    await holder.query('COMMIT')
    holder.release()
    await expect.poll(() => runs, { timeout: 10_000 }).toBe(1)
    // It also does what is added later.
    await owner.query(`SELECT graphile_worker.add_job('lost')`)
    await expect.poll(() => attempts.length, { timeout: 10_000 }).toBe(1)
    const { rows } = await owner.query('SELECT now()')
    const living = `SELECT FROM worker_heartbeats JOIN graphile_worker.jobs ON locked_by = worker_id
      WHERE task_identifier = 'late' AND seen_at > $1`
    await expect.poll(async () => (await owner.query(living, [rows[0]?.now])).rowCount, { timeout: 10_000 }).toBe(1)
    expect(runs).toBe(1)
    await owner.end()
  }, 40_000)

  test('that the queue does not answer writes no heartbeat any more', async () => {
    await using own = await cloneDatabase()
    const owner = openPool(own.ownerUrl, 1)
    const heartbeat = { beatMs: 50, deadAfterMs: 400, stalledMs: 1_500 }
    const options = { cron: [], concurrency: concurrencyWith({ default: 1 }), log: silentLog, heartbeat }
    await using _ = await runJobs({ directUrl: directUrlOf(own.url), handlers: [counting('any').handler], ...options })
    const sinceLastBeat = async () => {
      const { rows } = await owner.query<{ ms: number }>(
        'SELECT extract(epoch FROM now() - max(seen_at))::float8 * 1000 AS ms FROM worker_heartbeats',
      )
      return rows[0]?.ms ?? Number.POSITIVE_INFINITY
    }
    await expect.poll(sinceLastBeat).toBeLessThan(200)
    await owner.query('REVOKE UPDATE ON graphile_worker._private_jobs FROM pacer_runtime')
    await expect.poll(sinceLastBeat, { timeout: 10_000 }).toBeGreaterThan(1_000)
    await owner.query('GRANT UPDATE ON graphile_worker._private_jobs TO pacer_runtime')
    await expect.poll(sinceLastBeat, { timeout: 10_000 }).toBeLessThan(200)
    await owner.end()
  })

  test('writes a heartbeat again and again', async () => {
    const { handler, attempts } = counting('alive')
    await using _ = await start([handler])
    await addJob('alive')
    await expect.poll(() => attempts.length, { timeout: 10_000 }).toBe(1)
    const newest = async () => {
      const { rows } = await pool.query<{ seen: Date }>('SELECT max(seen_at) AS seen FROM worker_heartbeats')
      return rows[0]?.seen.getTime() ?? 0
    }
    const first = await newest()
    await expect.poll(newest).toBeGreaterThan(first)
  })

  test('removes heartbeats that are a day old', async () => {
    await seen('worker-of-yesterday', '25 hours')
    await using _ = await start([counting('any').handler])
    const { rows } = await pool.query('SELECT FROM worker_heartbeats WHERE worker_id = $1', ['worker-of-yesterday'])
    expect(rows).toEqual([])
  })
})

test('a job that fails is tried again, and its handler knows the last attempt', async () => {
  const attempts: boolean[] = []
  const failing: JobHandler = {
    name: 'failing',
    run: async (_payload, { isLastAttempt }) => {
      attempts.push(isLastAttempt)
      throw new Error(`Attempt ${attempts.length} failed.`)
    },
  }
  await using _ = await start([failing])
  const jobId = await addJob('failing', 3)
  const jobRow = async () => {
    const { rows } = await pool.query<{ attempts: number; last_error: string | null; locked_by: string | null }>(
      'SELECT attempts, last_error, locked_by FROM graphile_worker._private_jobs WHERE id = $1',
      [jobId],
    )
    return rows[0]
  }
  for (let attempt = 1; attempt <= 3; attempt += 1) {
    await expect
      .poll(jobRow, { timeout: 10_000 })
      .toMatchObject({ attempts: attempt, last_error: `Attempt ${attempt} failed.`, locked_by: null })
    // The backoff would be e^attempt seconds.
    await pool.query('SELECT graphile_worker.reschedule_jobs(ARRAY[$1::bigint], run_at => now())', [jobId])
  }
  const marker = counting('marker')
  await using _other = await start([marker.handler, failing])
  await addJob('marker')
  await expect.poll(() => marker.attempts.length, { timeout: 10_000 }).toBe(1)
  expect(attempts).toEqual([false, false, true])
})
