import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { openPool } from '../../testing/pool.ts'
import { type ClonedDatabase, cloneDatabase } from '../../testing/postgres.ts'
import { silentLog } from '../observability/log.ts'
import { type CronEntry, defineJob } from './define-job.ts'
import { runCron } from './run-cron.ts'

let database: ClonedDatabase
let pool: ReturnType<typeof openPool>
beforeAll(async () => {
  database = await cloneDatabase()
  pool = openPool(database.url)
})
afterAll(async () => {
  await pool.end()
  await database[Symbol.asyncDispose]()
})

const entry = (name: string, schedule: string): CronEntry => ({
  job: defineJob({ name, payload: z.object({}), lane: 'files', maxAttempts: 7 }),
  schedule,
})
const crontab = [entry('each.minute', '* * * * *'), entry('each.hour', '0 * * * *')]

/** The crontab of one worker, from that time on; `moveTo` goes to the next tick, at another time. */
function startCron(time: string, query: typeof pool.query = pool.query.bind(pool)) {
  let now = new Date(`2026-11-14T${time}Z`)
  let wake = Promise.withResolvers<void>()
  let asleep = Promise.withResolvers<number>()
  const stop = new AbortController()
  const wait = async (ms: number, signal: AbortSignal) => {
    asleep.resolve(ms)
    signal.addEventListener('abort', () => wake.reject(signal.reason), { once: true })
    await wake.promise
  }
  const cron = { pool: { query }, crontab, log: silentLog, clock: () => now }
  const ended = runCron({ ...cron, signal: stop.signal, wait })
  return {
    asleep: () => asleep.promise,
    async moveTo(later: string): Promise<number> {
      await asleep.promise
      now = new Date(`2026-11-14T${later}Z`)
      asleep = Promise.withResolvers()
      const { resolve } = wake
      wake = Promise.withResolvers()
      resolve()
      return asleep.promise
    },
    async [Symbol.asyncDispose]() {
      stop.abort()
      await ended
    },
  }
}

const takeQueued = async () => {
  const { rows } = await pool.query<{ name: string; key: string; max_attempts: number; priority: number }>(
    `SELECT task_identifier AS name, key, max_attempts, priority FROM graphile_worker.jobs ORDER BY 1`,
  )
  await pool.query('DELETE FROM graphile_worker._private_jobs')
  return rows
}
const namesOf = (rows: readonly { name: string }[]) => rows.map(({ name }) => name)

test('adds what is due each minute, once by all workers, and nothing from before the first start', async () => {
  await using first = startCron('11:58:30')
  await using second = startCron('11:58:30')
  expect(await first.asleep()).toBe(30_001)
  await second.asleep()
  expect(await takeQueued()).toEqual([])
  for (const cron of [first, second]) await cron.moveTo('11:59:00')
  const minutely = { name: 'each.minute', key: 'each.minute', max_attempts: 7, priority: 200 }
  expect(await takeQueued()).toEqual([minutely])
  for (const cron of [first, second]) await cron.moveTo('12:00:00')
  expect(namesOf(await takeQueued())).toEqual(['each.hour', 'each.minute'])
})

test('adds once what was due while the host slept; what was due while no worker ran is left out', async () => {
  await using cron = startCron('13:10:00')
  await cron.asleep()
  expect(await takeQueued()).toEqual([])
  await cron.moveTo('15:20:30')
  expect(namesOf(await takeQueued())).toEqual(['each.hour', 'each.minute'])
})

test('what was due while Postgres did not answer is added when it does', async () => {
  let isAway = false
  const query = (async (...asked: Parameters<typeof pool.query>) => {
    if (isAway) throw new Error('Postgres does not answer.')
    return pool.query(...asked)
  }) as unknown as typeof pool.query
  await using cron = startCron('16:59:10', query)
  await cron.asleep()
  isAway = true
  expect(await cron.moveTo('17:00:00')).toBe(5_000)
  expect(await cron.moveTo('17:01:30')).toBe(5_000)
  isAway = false
  expect(await cron.moveTo('17:02:10')).toBe(50_001)
  expect(namesOf(await takeQueued())).toEqual(['each.hour', 'each.minute'])
})
