import type { Pool } from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openPool } from '../../testing/pool.ts'
import { type ClonedDatabase, cloneDatabase } from '../../testing/postgres.ts'
import { readSnapshot } from './snapshot.ts'

let database: ClonedDatabase
let owner: Pool
beforeAll(async () => {
  database = await cloneDatabase()
  owner = openPool(database.ownerUrl, 2)
  await owner.query('CREATE TABLE counted (n int)')
})
afterAll(async () => {
  await owner.end()
  await database[Symbol.asyncDispose]()
})

const count = 'SELECT count(*)::int AS rows FROM counted'

test('readSnapshot does not see rows committed meanwhile, and refuses writes', async () => {
  const seen = await readSnapshot(owner, { statementMs: 5_000 }, async (query) => {
    const before = await query(count)
    await owner.query('INSERT INTO counted VALUES (1)')
    return [before, await query(count)]
  })
  expect(seen).toEqual([[{ rows: 0 }], [{ rows: 0 }]])
  expect((await owner.query(count)).rows).toEqual([{ rows: 1 }])
  const writing = readSnapshot(owner, { statementMs: 5_000 }, (query) => query('INSERT INTO counted VALUES (1)'))
  await expect(writing).rejects.toMatchObject({ code: '25006' })
})

test('statementMs replaces the query_timeout of the pool, whether it is longer or shorter', async () => {
  const shortTimeout = openPool(database.url, 1)
  shortTimeout.options.query_timeout = 50
  try {
    const slow = (statementMs: number) =>
      readSnapshot(shortTimeout, { statementMs }, (query) => query('SELECT 1 AS slept FROM pg_sleep(0.2)'))
    await expect(shortTimeout.query('SELECT pg_sleep(0.2)')).rejects.toThrow('timeout')
    expect(await slow(5_000)).toEqual([{ slept: 1 }])
    await expect(slow(100)).rejects.toThrow('timeout')
    // The pool's only connection was not returned while its statement was running.
    expect(await slow(5_000)).toEqual([{ slept: 1 }])
  } finally {
    await shortTimeout.end()
  }
})
