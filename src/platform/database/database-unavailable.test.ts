import { expect, test } from 'vitest'
import { openPool } from '../../testing/pool.ts'
import { type ClonedDatabase, cloneDatabase } from '../../testing/postgres.ts'
import { startPostgresProxy } from '../../testing/postgres-proxy.ts'
import { silentLog } from '../observability/log.ts'
import { isDatabaseUnavailable } from './database-unavailable.ts'
import { createDatabase, type Database } from './db.ts'

const open = ({ url }: Pick<ClonedDatabase, 'url'>, isPooled = false): Database =>
  createDatabase({ url, isPooled, poolSize: 1, log: silentLog, onNotify: () => undefined })

const failureOf = (work: Promise<unknown>) =>
  work.then(
    () => null,
    (error: unknown) => error,
  )

test.each(['postgres://pacer@127.0.0.1:1/pacer', 'postgres://pacer@nowhere.invalid/pacer'])(
  'isDatabaseUnavailable is true for %s, through Prisma, raw SQL, transactions and the pool',
  async (url) => {
    await using db = open({ url })
    expect(isDatabaseUnavailable(await failureOf(db.prisma.user.count()))).toBe(true)
    expect(isDatabaseUnavailable(await failureOf(db.prisma.$queryRaw`SELECT 1`))).toBe(true)
    expect(isDatabaseUnavailable(await failureOf(db.transaction((tx) => tx.user.count())))).toBe(true)
    expect(isDatabaseUnavailable(await failureOf(db.pool.query('SELECT')))).toBe(true)
  },
)

test('isDatabaseUnavailable is true for a connection cut during a statement, and false for errors that Postgres returns', async () => {
  await using cloned = await cloneDatabase()
  await using db = open(cloned)
  const owner = openPool(cloned.ownerUrl, 1)
  const cut = async (statement: Promise<unknown>) => {
    const failed = failureOf(statement)
    const running = "SELECT pid FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)%' AND pid <> pg_backend_pid()"
    await expect.poll(async () => (await owner.query(running)).rowCount).toBe(1)
    await owner.query(`SELECT pg_terminate_backend(pid) FROM (${running}) AS found`)
    return isDatabaseUnavailable(await failed)
  }
  expect(await cut(db.prisma.$queryRaw`SELECT pg_sleep(60)::text`)).toBe(true)
  expect(await cut(db.transaction((tx) => tx.$queryRaw`SELECT pg_sleep(60)::text`))).toBe(true)
  expect(await cut(db.pool.query('SELECT pg_sleep(60)'))).toBe(true)
  await owner.end()

  expect(isDatabaseUnavailable(await failureOf(db.pool.query('SELECT 1 / 0')))).toBe(false)
  expect(isDatabaseUnavailable(await failureOf(db.prisma.$queryRaw`SELECT * FROM no_such_table`))).toBe(false)
  for (const other of [null, 'unavailable', new Error('Something else.'), { code: 'P2002' }]) {
    expect(isDatabaseUnavailable(other)).toBe(false)
  }
})

test('a stalled connection is removed from the pool: the next transaction uses a new one', async () => {
  await using cloned = await cloneDatabase()
  await using proxy = await startPostgresProxy(cloned.url)
  await using db = open({ url: proxy.through(cloned.url) })
  const cut = db.transaction((tx) => {
    proxy.silenceOpenConnections()
    return tx.user.count()
  })
  expect(isDatabaseUnavailable(await failureOf(cut))).toBe(true)
  await expect(db.transaction((tx) => tx.user.count())).resolves.toBe(0)
}, 20_000)

test('statement_timeout and idle_in_transaction_session_timeout are set, except through a pooler', async () => {
  await using cloned = await cloneDatabase()
  const settings = async (isPooled: boolean) => {
    await using db = open(cloned, isPooled)
    const { rows } = await db.pool.query(
      `SELECT current_setting('statement_timeout') AS statement,
         current_setting('idle_in_transaction_session_timeout') AS idle`,
    )
    return rows[0]
  }
  expect(await settings(false)).toEqual({ statement: '4500ms', idle: '15s' })
  expect(await settings(true)).toEqual({ statement: '0', idle: '0' })
})
