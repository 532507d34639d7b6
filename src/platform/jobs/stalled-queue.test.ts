import { expect, test } from 'vitest'
import { concurrencyWith } from '../../testing/job-run.ts'
import { openPool } from '../../testing/pool.ts'
import { cloneDatabase, directUrlOf } from '../../testing/postgres.ts'
import { startPostgresProxy } from '../../testing/postgres-proxy.ts'
import { silentLog } from '../observability/log.ts'
import { runJobs } from './run-jobs.ts'

test('a worker whose connections get no answers continues over new ones, and ends in time where those get none either', async () => {
  await using database = await cloneDatabase()
  await using proxy = await startPostgresProxy(directUrlOf(database.url))
  const pool = openPool(database.url, 1)
  let runs = 0
  const run = async () => {
    runs += 1
  }
  const handlers = [{ name: 'job', run }]
  const options = { cron: [], concurrency: concurrencyWith({ default: 2 }), log: silentLog, answerMs: 500 }
  const jobs = await runJobs({ directUrl: proxy.through(database.url), handlers, ...options })
  const doJob = async (nth: number) => {
    await pool.query(`SELECT graphile_worker.add_job('job')`)
    await expect.poll(() => runs, { timeout: 10_000 }).toBe(nth)
  }
  await doJob(1)
  expect(proxy.silenceOpenConnections()).toBeGreaterThan(1)
  await doJob(2)
  // It listens again.
  const listening = `SELECT FROM pg_stat_activity
    WHERE datname = current_database() AND query ~ '^(LISTEN|SELECT$)' AND state = 'idle' AND pid <> pg_backend_pid()`
  await expect.poll(async () => (await pool.query(listening)).rowCount).toBeGreaterThan(0)

  proxy.isSilent = true
  const began = performance.now()
  await jobs[Symbol.asyncDispose]()
  expect(performance.now() - began).toBeLessThan(8_000)
  await pool.end()
}, 30_000)

test('a job that ignores the end of its worker is given back after five seconds, and the attempt counts', async () => {
  await using database = await cloneDatabase()
  const pool = openPool(database.url, 1)
  const { promise: working, resolve: begins } = Promise.withResolvers<void>()
  const run = () => {
    begins()
    return new Promise<void>(() => undefined)
  }
  const options = {
    directUrl: directUrlOf(database.url),
    cron: [],
    concurrency: concurrencyWith({ default: 1 }),
    log: silentLog,
  }
  const first = await runJobs({ ...options, handlers: [{ name: 'job', run }] })
  await pool.query(`SELECT graphile_worker.add_job('job')`)
  await working
  await first[Symbol.asyncDispose]()
  const { rows } = await pool.query(
    `SELECT attempts, locked_by, last_error, run_at <= now() AS "isDue" FROM graphile_worker._private_jobs`,
  )
  expect(rows).toEqual([{ attempts: 1, locked_by: null, last_error: null, isDue: true }])
  await pool.end()
}, 30_000)
