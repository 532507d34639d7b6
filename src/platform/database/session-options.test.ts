import { Client } from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ClonedDatabase, cloneDatabase } from '../../testing/postgres.ts'
import { type PostgresProxy, startPostgresProxy } from '../../testing/postgres-proxy.ts'
import { defaultJobConcurrency } from '../jobs/lanes.ts'
import { runJobs } from '../jobs/run-jobs.ts'
import { createNotifications } from '../notifications/notifications.ts'
import { silentLog } from '../observability/log.ts'
import { createDatabase } from './db.ts'

let database: ClonedDatabase
let proxy: PostgresProxy
beforeAll(async () => {
  database = await cloneDatabase()
  proxy = await startPostgresProxy(database.url)
})
afterAll(async () => {
  await proxy[Symbol.asyncDispose]()
  await database[Symbol.asyncDispose]()
})

/** What SHOW jit says on a connection that is opened with the same options. */
async function jitWith(options: string | undefined): Promise<string> {
  const client = new Client({ connectionString: database.url, ...(options !== undefined && { options }) })
  await client.connect()
  try {
    const { rows } = await client.query<{ jit: string }>('SHOW jit')
    return rows[0]?.jit ?? ''
  } finally {
    await client.end()
  }
}

const jitOfStartups = () => Promise.all(proxy.startups.splice(0).map(({ options }) => jitWith(options)))

test('JIT is on by default, and off on the connections of the pool', async () => {
  expect(await jitWith(undefined)).toBe('on')
  const url = proxy.through(database.url)
  await using db = createDatabase({ url, isPooled: false, poolSize: 2, log: silentLog, onNotify: () => undefined })
  expect(await db.query('SHOW jit', [])).toEqual([{ jit: 'off' }])
  expect(await db.prisma.$queryRaw`SHOW jit`).toEqual([{ jit: 'off' }])
  expect(await db.transaction((tx) => tx.$queryRaw`SHOW jit`)).toEqual([{ jit: 'off' }])
  expect(new Set(await jitOfStartups())).toEqual(new Set(['off']))
})

test('JIT is off on the connections of the queue', async () => {
  const directUrl = proxy.through(database.url)
  const jobs = await runJobs({ directUrl, handlers: [], cron: [], concurrency: defaultJobConcurrency, log: silentLog })
  await jobs[Symbol.asyncDispose]()
  // runMigrations, the statements of the queue, and LISTEN.
  const found = await jitOfStartups()
  expect(found.length).toBeGreaterThan(1)
  expect(new Set(found)).toEqual(new Set(['off']))
})

test('JIT is off on the connection that listens for notifications', async () => {
  const directUrl = proxy.through(database.url)
  await using notifications = createNotifications({ directUrl, send: async () => undefined, log: silentLog })
  await notifications.subscribe('topic', AbortSignal.timeout(5_000))
  await expect.poll(() => proxy.startups.length, { timeout: 5_000 }).toBe(1)
  expect(await jitOfStartups()).toEqual(['off'])
})
