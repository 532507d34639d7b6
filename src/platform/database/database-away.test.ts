import { expect, test } from 'vitest'
import { openPool } from '../../testing/pool.ts'
import { type ClonedDatabase, cloneDatabase } from '../../testing/postgres.ts'
import { openPostgresDoor } from '../../testing/postgres-door.ts'
import { silentLog } from '../watching/log.ts'
import { isDatabaseAway } from './database-away.ts'
import { createDatabase, type Database } from './db.ts'

const open = ({ url }: Pick<ClonedDatabase, 'url'>, isPooled = false): Database =>
  createDatabase({ url, isPooled, poolSize: 1, log: silentLog, onHints: () => undefined })

const failureOf = (work: Promise<unknown>) =>
  work.then(
    () => null,
    (error: unknown) => error,
  )

test.each(['postgres://pacer@127.0.0.1:1/pacer', 'postgres://pacer@nowhere.invalid/pacer'])(
  '%s is away, however it is asked',
  async (url) => {
    await using db = open({ url })
    expect(isDatabaseAway(await failureOf(db.prisma.user.count()))).toBe(true)
    expect(isDatabaseAway(await failureOf(db.prisma.$queryRaw`SELECT 1`))).toBe(true)
    expect(isDatabaseAway(await failureOf(db.transaction((tx) => tx.user.count())))).toBe(true)
    expect(isDatabaseAway(await failureOf(db.pool.query('SELECT')))).toBe(true)
  },
)

test('a connection that is cut in the middle of a statement is away; what Postgres refuses is not', async () => {
  await using cloned = await cloneDatabase()
  await using db = open(cloned)
  const owner = openPool(cloned.ownerUrl, 1)
  const cut = async (asked: Promise<unknown>) => {
    const failed = failureOf(asked)
    const running = "SELECT pid FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)%' AND pid <> pg_backend_pid()"
    await expect.poll(async () => (await owner.query(running)).rowCount).toBe(1)
    await owner.query(`SELECT pg_terminate_backend(pid) FROM (${running}) AS found`)
    return isDatabaseAway(await failed)
  }
  expect(await cut(db.prisma.$queryRaw`SELECT pg_sleep(60)::text`)).toBe(true)
  expect(await cut(db.transaction((tx) => tx.$queryRaw`SELECT pg_sleep(60)::text`))).toBe(true)
  expect(await cut(db.pool.query('SELECT pg_sleep(60)'))).toBe(true)
  await owner.end()

  expect(isDatabaseAway(await failureOf(db.pool.query('SELECT 1 / 0')))).toBe(false)
  expect(isDatabaseAway(await failureOf(db.prisma.$queryRaw`SELECT * FROM no_such_table`))).toBe(false)
  for (const other of [null, 'away', new Error('Something else.'), { code: 'P2002' }]) {
    expect(isDatabaseAway(other)).toBe(false)
  }
})

test('connections that fall silent are not kept: the next transaction has a new one', async () => {
  await using cloned = await cloneDatabase()
  await using door = await openPostgresDoor(cloned.url)
  await using db = open({ url: door.through(cloned.url) })
  const cut = db.transaction((tx) => {
    door.silenceOld()
    return tx.user.count()
  })
  expect(isDatabaseAway(await failureOf(cut))).toBe(true)
  await expect(db.transaction((tx) => tx.user.count())).resolves.toBe(0)
}, 20_000)

test('the server bounds statements and open transactions, where no pooler stands before it', async () => {
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
