import { expect, test } from 'vitest'
import { readModels } from './prisma-models.ts'
import { tablesOfSql } from './sql-tables.ts'
import { usesOfTables } from './table-uses.ts'
import { findViolations } from './table-violations.ts'

const models = readModels()
const tables = new Set([...models.values()].map(({ table }) => table))
const usesOf = (text: string) => usesOfTables('x.ts', text, models).map(({ kind, table }) => `${kind} ${table}`)

test('knows which schema file declares a table', () => {
  expect(models.get('LedgerAccount')).toMatchObject({ table: 'ledger_accounts', owner: 'credits' })
  expect(models.get('Activity')?.relations.get('upload')).toBe('Upload')
})

test.each([
  ["tx.user.update({ where: { id }, data: { role: 'ADMIN' } })", ['writes users']],
  ['await db.prisma.activity.findMany({ where: { userId } })', ['reads activities']],
  ['db.activity.findMany({ include: { upload: true } })', ['reads activities', 'reads uploads']],
  ['db.upload.count({ where: { id, user: { isPresent: true } } })', ['reads uploads', 'reads users']],
  ['db.upload.count({ where: { OR: [{ user: { isPresent: true } }] } })', ['reads uploads', 'reads users']],
  [
    'db.user.findMany({ select: { activities: { select: { upload: { select: { id: true } } } } } })',
    ['reads users', 'reads activities', 'reads uploads'],
  ],
  ['tx.activity.create({ data: { laps: { create: laps } } })', ['writes activities', 'writes activity_laps']],
  ['tx.activity.update({ data: { user: { connect: { id } } } })', ['writes activities', 'reads users']],
  ["builder.prismaNode('Upload', { fields: () => ({}) })", ['reads uploads']],
  ["builder.prismaObjectFields('User', (t) => ({ a: t.relation('activities') }))", []],
  [
    "builder.prismaObjectFields('User', (t) => ({ a: t.field({ select: { wallet: { select: { balance: true } } } }) }))",
    ['reads ledger_accounts'],
  ],
  [`tx.$queryRaw\`SELECT id FROM users WHERE id = \${id}\``, ['reads users']],
  [`Prisma.sql\`JOIN "uploads" ON \${condition}\``, ['reads uploads']],
  ["deleteInBatches(db, { from: 'rate_limits', where })", ['writes rate_limits']],
  ["list.user.map(({ id }) => id); registry.upload.register('users')", []],
  ["throw new Error('Nothing is left from users, uploads and activities.')", []],
])('finds in %s: %j', (text, expected) => {
  expect(usesOf(text)).toEqual(expected)
})

test.each([
  ['SELECT * FROM users AS person, public.uploads WHERE x', ['reads users', 'reads uploads']],
  ['SELECT a FROM (SELECT 1 FROM uploads) AS u, users', ['reads uploads', 'reads users']],
  ['INSERT INTO users SELECT * FROM uploads', ['writes users', 'reads uploads']],
  ['UPDATE uploads SET a = b FROM users WHERE x', ['writes uploads', 'reads users']],
  ['DELETE FROM uploads USING users WHERE x', ['writes uploads', 'reads users']],
  ['SELECT id FROM x FOR UPDATE OF users', []],
  ['INSERT INTO x VALUES (1) ON CONFLICT (id) DO UPDATE SET a = 1', []],
  ['WITH uploads AS (SELECT 1) SELECT * FROM uploads', []],
  ['WITH uploads AS MATERIALIZED (SELECT 1) SELECT * FROM uploads JOIN users ON true', ['reads users']],
  ["SELECT 'FROM users' -- FROM uploads", []],
  ['SELECT a IS DISTINCT FROM users.id FROM uploads', ['reads uploads']],
  ['SELECT extract(epoch FROM at), users.id FROM uploads CROSS JOIN LATERAL users', ['reads uploads', 'reads users']],
])('finds in the SQL %s: %j', (sql, expected) => {
  expect(tablesOfSql(sql, tables).map(({ kind, table }) => `${kind} ${table}`)).toEqual(expected)
})

const find = (path: string, text: string, allowed: Parameters<typeof findViolations>[2] = []) =>
  findViolations([{ path, text }], models, allowed)

test('lets the owner alone use a table', () => {
  expect(find('src/domains/users/a/b.ts', 'tx.user.delete({ where })').violations).toEqual([])
  expect(find('src/platform/inbox.ts', 'tx.inboxEvent.delete({ where })').violations).toEqual([])
  expect(find('src/legacy/a.ts', '\ntx.user.count()').violations).toEqual([
    { place: 'src/legacy/a.ts:2', kind: 'reads', table: 'users', owner: 'users' },
  ])
})

test('an exception allows reads of one file, no writes, and is reported once nothing needs it', () => {
  const read = { path: 'src/domains/billing/a.ts', table: 'users', why: 'A join.' }
  expect(find(read.path, 'tx.user.count()', [read])).toEqual({ violations: [], unused: [] })
  expect(find(read.path, 'tx.user.delete({ where })', [read])).toMatchObject({ violations: [{}], unused: [read] })
  expect(find('src/domains/billing/b.ts', 'tx.user.count()', [read])).toMatchObject({
    violations: [{}],
    unused: [read],
  })
})
