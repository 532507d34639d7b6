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

test('what is committed meanwhile is not there, and nothing can be written', async () => {
  const seen = await readSnapshot(owner, { statementMs: 5_000 }, async (ask) => {
    const before = await ask(count)
    await owner.query('INSERT INTO counted VALUES (1)')
    return [before, await ask(count)]
  })
  expect(seen).toEqual([[{ rows: 0 }], [{ rows: 0 }]])
  expect((await owner.query(count)).rows).toEqual([{ rows: 1 }])
  const writing = readSnapshot(owner, { statementMs: 5_000 }, (ask) => ask('INSERT INTO counted VALUES (1)'))
  await expect(writing).rejects.toMatchObject({ code: '25006' })
})

test('a statement may take longer than the pool gives it, and no longer than it was given', async () => {
  const hasty = openPool(database.url, 1)
  hasty.options.query_timeout = 50
  try {
    const slow = (statementMs: number) =>
      readSnapshot(hasty, { statementMs }, (ask) => ask('SELECT 1 AS slept FROM pg_sleep(0.2)'))
    await expect(hasty.query('SELECT pg_sleep(0.2)')).rejects.toThrow('timeout')
    expect(await slow(5_000)).toEqual([{ slept: 1 }])
    await expect(slow(100)).rejects.toThrow('timeout')
    // The one connection that there is was not kept in the middle of it.
    expect(await slow(5_000)).toEqual([{ slept: 1 }])
  } finally {
    await hasty.end()
  }
})
