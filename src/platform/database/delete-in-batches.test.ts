import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { Prisma } from '../../generated/prisma/client.ts'
import { startTestApp, type TestApp } from '../../testing/app.ts'
import { limitRowsPerStatement } from '../../testing/limit-rows-per-statement.ts'
import { deleteInBatches } from './delete-in-batches.ts'

let app: TestApp
beforeAll(async () => {
  app = await startTestApp()
  await limitRowsPerStatement(app, 'rate_limits', 100)
})
afterAll(() => app[Symbol.asyncDispose]())
beforeEach(async () => {
  await app.owner.query('TRUNCATE rate_limits')
  await app.owner.query(`INSERT INTO rate_limits SELECT 'key' || n, 1, n FROM generate_series(1, 1000) AS n`)
})

const deletion = { from: 'rate_limits', where: Prisma.sql`expire <= ${950}`, orderBy: 'expire', size: 100 }
const left = async () => (await app.owner.query<{ n: number }>('SELECT count(*)::int AS n FROM rate_limits')).rows[0]?.n

test('deletes every matching row in batches, and no other row', async () => {
  app.takeStatements()
  expect(await deleteInBatches(app.app.db, deletion)).toBe(950)
  expect(app.takeStatements()).toHaveLength(10)
  expect(await left()).toBe(50)
})

test('three concurrent runs delete each row once', async () => {
  const taken = await Promise.all(Array.from({ length: 3 }, () => deleteInBatches(app.app.db, deletion)))
  expect(taken.reduce((sum, count) => sum + count)).toBe(950)
  expect(await left()).toBe(50)
})

test('a locked row is skipped, and deleted by the next run', async () => {
  const holder = await app.owner.connect()
  try {
    await holder.query('BEGIN')
    await holder.query(`UPDATE rate_limits SET points = 2 WHERE key = 'key7'`)
    expect(await deleteInBatches(app.app.db, deletion)).toBe(949)
    await holder.query('COMMIT')
  } finally {
    holder.release()
  }
  expect(await deleteInBatches(app.app.db, deletion)).toBe(1)
})

test('a run that fails in a later batch keeps the committed batches', async () => {
  await app.owner.query(`
    CREATE FUNCTION refuse_row() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'not this one'; END $$;
    CREATE TRIGGER refuse_row BEFORE DELETE ON rate_limits
      FOR EACH ROW WHEN (OLD.key = 'key550') EXECUTE FUNCTION refuse_row()`)
  await expect(deleteInBatches(app.app.db, deletion)).rejects.toThrow('not this one')
  expect(await left()).toBe(500)
  await app.owner.query('DROP TRIGGER refuse_row ON rate_limits')
  expect(await deleteInBatches(app.app.db, deletion)).toBe(450)
})
