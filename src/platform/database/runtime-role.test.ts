import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestApp, type TestApp } from '../../testing/app.ts'
import { openWallet } from '../../testing/wallet-steps.ts'
import { createLog } from '../observability/log.ts'
import { warnOfOwner } from './warn-of-owner.ts'

/** All tests but two use the app's own connections, and so its privileges. */
let app: TestApp
let userId: string
beforeAll(async () => {
  app = await startTestApp()
  const ada = await openWallet(app)
  userId = ada.userId
  await ada.gift('2027-01-01', 100)
})
afterAll(() => app[Symbol.asyncDispose]())

const rows = async <Row extends object>(sql: string, values: unknown[] = []) =>
  (await app.app.db.pool.query<Row>(sql, values)).rows
const balance = async () =>
  (await rows<{ balance: number }>('SELECT balance FROM public.ledger_accounts WHERE user_id = $1', [userId]))[0]
    ?.balance

const changeable = ['SELECT', 'INSERT', 'UPDATE', 'DELETE']
/** The exceptions; rows of every other table can be changed. */
const exceptions: Record<string, string[]> = {
  _prisma_migrations: ['SELECT'],
  'graphile_worker.migrations': ['SELECT'],
  audit_log: ['SELECT', 'INSERT'],
  billing_events: ['SELECT', 'INSERT'],
  ledger_accounts: ['SELECT'],
  ledger_entries: ['SELECT'],
  credit_transactions: ['SELECT'],
  credit_lots: ['SELECT'],
  credit_lot_movements: ['SELECT'],
  credit_holds: ['SELECT'],
  credit_debts: ['SELECT'],
}

test('the runtime role has exactly these privileges on every table', async () => {
  const found = await rows<{ name: string; may: string[] }>(`
    SELECT oid::regclass::text AS name, ARRAY(
      SELECT privilege
      FROM unnest('{SELECT,INSERT,UPDATE,DELETE,TRUNCATE,REFERENCES,TRIGGER}'::text[]) WITH ORDINALITY AS each(privilege, place)
      WHERE has_table_privilege(pg_class.oid, privilege) ORDER BY place) AS may
    FROM pg_class
    WHERE relnamespace IN ('public'::regnamespace, 'graphile_worker'::regnamespace) AND relkind IN ('r', 'p', 'v')`)
  expect(found.length).toBeGreaterThan(20)
  expect(Object.fromEntries(found.map(({ name, may }) => [name, may]))).toEqual({
    ...Object.fromEntries(found.map(({ name }) => [name, changeable])),
    ...exceptions,
  })
})

test('its only column privilege is UPDATE of credit_holds.deadline', async () => {
  const columns = await rows(`
    SELECT attrelid::regclass::text AS name, attname AS column, attacl::text AS may FROM pg_attribute
    WHERE attacl IS NOT NULL AND attrelid >= 16384`)
  expect(columns).toEqual([{ name: 'credit_holds', column: 'deadline', may: '{pacer_runtime=w/postgres}' }])
})

test('it has no UPDATE or DELETE privilege on append-only tables', async () => {
  const kept = await rows<{ name: string; may: boolean }>(`
    SELECT DISTINCT tgrelid::regclass::text AS name, has_table_privilege(tgrelid, 'UPDATE, DELETE') AS may
    FROM pg_trigger WHERE tgfoid = 'refuse_change'::regproc`)
  expect(kept.map(({ name }) => name)).toContain('ledger_entries')
  expect(kept.filter(({ may }) => may)).toEqual([])
})

test('it owns nothing, is a member of no other role, and is not a superuser', async () => {
  const owned = await app.owner.query(
    `SELECT FROM pg_shdepend WHERE deptype = 'o' AND refobjid IN ('pacer'::regrole, 'pacer_runtime'::regrole)`,
  )
  expect(owned.rowCount).toBe(0)
  expect(
    await rows(`
      SELECT rolname, rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls AS above,
        ARRAY(SELECT roleid::regrole::text FROM pg_auth_members WHERE member = pg_roles.oid) AS groups
      FROM pg_roles WHERE rolname IN ('pacer', 'pacer_runtime') ORDER BY rolname`),
  ).toEqual([
    { rolname: 'pacer', above: false, groups: ['pacer_runtime'] },
    { rolname: 'pacer_runtime', above: false, groups: [] },
  ])
})

test('the only SECURITY DEFINER functions are the ledger commands: executable by this role only, with a fixed search_path', async () => {
  const command = { settings: ['search_path=public, pg_temp'], ours: true, granted_to_public: false }
  const commands = ['capture', 'expire', 'grant', 'hold', 'refund', 'reinstate', 'release', 'revoke', 'spend']
  expect(
    await rows(`
      SELECT proname AS name, proconfig AS settings, has_function_privilege(oid, 'EXECUTE') AS ours,
        has_function_privilege('public', oid, 'EXECUTE') AS granted_to_public
      FROM pg_proc WHERE prosecdef AND pronamespace <> 'pg_catalog'::regnamespace ORDER BY proname`),
  ).toEqual(commands.map((name) => ({ name: `credits_${name}`, ...command })))
})

const anyId = 'gen_random_uuid()'

test.each([
  'UPDATE ledger_entries SET amount = amount + 1',
  'DELETE FROM ledger_entries',
  'TRUNCATE ledger_entries',
  `INSERT INTO ledger_entries VALUES (${anyId}, ${anyId}, 1)`,
  "UPDATE credit_transactions SET description = 'Changed'",
  'DELETE FROM credit_transactions',
  'INSERT INTO credit_transactions SELECT * FROM credit_transactions',
  'UPDATE ledger_accounts SET balance = balance + 1',
  'SELECT FROM ledger_accounts FOR UPDATE',
  'UPDATE credit_lots SET remaining = granted',
  'DELETE FROM credit_lot_movements',
  'UPDATE credit_holds SET amount = 1',
  'DELETE FROM credit_debts',
  `SELECT credits_lock(${anyId})`,
  `SELECT credits_take(${anyId}, user_id, 1) FROM credit_lots`,
  "UPDATE audit_log SET reason = 'Another'",
  'DELETE FROM audit_log',
  'TRUNCATE audit_log',
  'DELETE FROM _prisma_migrations',
  'TRUNCATE users CASCADE',
  'ALTER TABLE ledger_entries DISABLE TRIGGER ALL',
  'ALTER TABLE ledger_entries OWNER TO CURRENT_USER',
  'DROP TRIGGER ledger_entries_append_only ON ledger_entries',
  'DROP TABLE audit_log CASCADE',
  'ALTER FUNCTION credits_grant RENAME TO renamed',
  'CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$',
  'CREATE TABLE public.mine ()',
  'CREATE SCHEMA mine',
  'CREATE ROLE mine SUPERUSER',
  'SET session_replication_role = replica',
  'SET ROLE postgres',
])('Postgres refuses: %s', async (statement) => {
  await expect(app.app.db.pool.query(statement)).rejects.toMatchObject({ code: '42501' })
})

test('a temporary table cannot shadow a table of the ledger', async () => {
  const before = await balance()
  const client = await app.app.db.pool.connect()
  try {
    await client.query('BEGIN')
    for (const table of ['ledger_accounts', 'credit_transactions', 'ledger_entries', 'credit_lots']) {
      await client.query(`CREATE TEMP TABLE ${table} ON COMMIT DROP AS SELECT * FROM public.${table}`)
    }
    await client.query(`SELECT credits_spend($1, $2, 1, 'shadow', 'A spending', NULL, now())`, [randomUUID(), userId])
    await client.query('COMMIT')
  } finally {
    client.release(true) // closes the connection, which ends an open transaction
  }
  expect(await balance()).toBe((before ?? 0) - 1)
})

test('a table that a later migration creates needs no explicit grant', async () => {
  await app.owner.query('CREATE TABLE later (id serial PRIMARY KEY, name text)')
  try {
    await rows(`INSERT INTO later (name) VALUES ('a')`)
    await rows(`UPDATE later SET name = 'b'`)
    expect(await rows('SELECT * FROM later')).toEqual([{ id: 1, name: 'b' }])
    await rows('DELETE FROM later')
  } finally {
    await app.owner.query('DROP TABLE later')
  }
})

test('warnOfOwner logs one warning for the owner, and none for the runtime role', async () => {
  const lines: string[] = []
  const log = createLog({ level: 'info', pretty: false, destination: { write: (line) => lines.push(line) } })
  await warnOfOwner({ pool: app.app.db.pool, log })
  expect(lines).toEqual([])
  await warnOfOwner({ pool: app.owner, log })
  expect(lines).toEqual([expect.stringContaining('the role of DATABASE_URL owns the tables')])
})
