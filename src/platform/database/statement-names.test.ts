import { expect, test } from 'vitest'
import { startTestApp } from '../../testing/app.ts'
import { silentLog } from '../observability/log.ts'
import { createDatabase } from './db.ts'
import { statementNames } from './statement-names.ts'

test('equal texts have one name, different texts different names, and a statement without values has none', () => {
  const nameOf = statementNames()
  const first = nameOf({ sql: 'SELECT $1', args: [1] })
  expect(first).not.toBe('')
  expect(nameOf({ sql: 'SELECT $1', args: [2] })).toBe(first)
  expect(nameOf({ sql: 'SELECT $1, 2', args: [1] })).not.toBe(first)
  expect(nameOf({ sql: 'BEGIN', args: [] })).toBe('')
})

test('the number of names is limited', () => {
  const nameOf = statementNames()
  const names = Array.from({ length: 1_000 }, (_, n) => nameOf({ sql: `SELECT $1, ${n}`, args: [1] }))
  expect(new Set(names).size).toBe(301)
  expect(nameOf({ sql: 'SELECT $1, 7', args: [1] })).toBe(names[7])
})

test.each([
  [false, 2],
  [true, 0],
])('statements are prepared only without a pooler; isPooled: %s', async (isPooled, plans) => {
  await using app = await startTestApp()
  const options = { url: app.databaseUrl, isPooled, poolSize: 1, log: silentLog, onNotify: () => undefined }
  await using db = createDatabase(options)
  for (let n = 0; n < 3; n += 1) {
    await db.query('SELECT $1::int', [n])
    await db.prisma.user.count({ where: { firstName: String(n) } })
  }
  const prepared = await db.pool.query(`SELECT statement FROM pg_prepared_statements WHERE name LIKE 'pacer%'`)
  expect(prepared.rows).toHaveLength(plans)
})
