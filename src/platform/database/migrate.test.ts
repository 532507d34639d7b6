import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Pool } from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type EmbeddedPostgres, startPostgres } from '../../dev/embedded/postgres.ts'
import { openPool } from '../../testing/pool.ts'
import { migrate, pendingMigrations } from './migrate.ts'

const project = fileURLToPath(new URL('../../..', import.meta.url))
const projectMigrations = join(project, 'prisma/migrations')
const timeout = 60_000

let folder: string
let postgres: EmbeddedPostgres
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pacer-migrate-test-'))
  postgres = await startPostgres({ dataDir: join(folder, 'postgres'), durable: false })
}, timeout)
afterAll(async () => {
  await postgres?.stop()
  await rm(folder, { recursive: true, force: true, maxRetries: 5 })
}, timeout)

// This test must run first in this cluster: later, the role exists and belongs to a superuser.
it('an owner without superuser rights can migrate, and create logins in the runtime role that cannot act as the owner', {
  timeout,
}, async () => {
  await using db = await createDatabase()
  await db.rows('CREATE ROLE deployer LOGIN CREATEROLE')
  await db.rows(`ALTER DATABASE ${new URL(db.url).pathname.slice(1)} OWNER TO deployer`)
  const urlAs = (role: string) => db.url.replace('postgres@', `${role}@`)
  await migrate({ url: urlAs('deployer') })
  await using deployer = disposable(openPool(urlAs('deployer'), 1))
  await deployer.pool.query('CREATE ROLE pacer_app LOGIN IN ROLE pacer_runtime')

  await using login = disposable(openPool(urlAs('pacer_app'), 1))
  expect(await pendingMigrations(login)).toEqual([])
  const { rows } = await login.pool.query("SELECT (graphile_worker.add_job('anything')).id > 0 AS queued")
  expect(rows).toEqual([{ queued: true }])
  await expect(login.pool.query('DELETE FROM ledger_accounts')).rejects.toMatchObject({ code: '42501' })
  await expect(migrate({ url: urlAs('pacer_app') })).rejects.toThrow(
    'The role pacer_app of DIRECT_URL may not migrate this database: permission denied for schema public.',
  )
})

it('brings an empty database up to date like `prisma migrate`, and applies nothing the second time', {
  timeout,
}, async () => {
  await using db = await createDatabase()
  const names = await folderNames(projectMigrations)
  expect(await pendingMigrations(db)).toEqual(names)
  expect(await migrate(db)).toEqual({ applied: names })
  expect(await pendingMigrations(db)).toEqual([])
  expect(await migrate(db)).toEqual({ applied: [] })
  expect(await db.rows('SELECT (graphile_worker.add_job($1)).id > 0 AS queued', ['anything'])).toEqual([
    { queued: true },
  ])

  const prisma = join(project, 'node_modules/.bin/prisma')
  const env = { ...process.env, DIRECT_URL: db.url, NO_COLOR: '1' }
  const { stdout } = await promisify(execFile)(prisma, ['migrate', 'status'], { cwd: project, env })
  expect(stdout).toContain('Database schema is up to date!')
})

it('applies each migration once when eight processes start at once', { timeout }, async () => {
  await using db = await createDatabase()
  const results = await Promise.all(Array.from({ length: 8 }, () => migrate(db)))
  expect(results.filter(({ applied }) => applied.length > 0)).toHaveLength(1)
  const [applied] = await db.rows('SELECT count(*)::int AS rows FROM _prisma_migrations')
  expect(applied).toEqual({ rows: (await folderNames(projectMigrations)).length })
})

it('rolls back a migration that fails, and continues from it once it is corrected', { timeout }, async () => {
  await using db = await createDatabase()
  const directory = await migrationsOf({
    '1_whole': "CREATE TABLE whole (id int); COMMENT ON TABLE whole IS 'a;b'",
    '2_broken': 'CREATE TABLE half (id int);\nCREATE TABLE half (nonsense);',
  })
  await expect(migrate({ ...db, directory })).rejects.toThrow(/2_broken failed at line 2 and was rolled back/)
  expect(await tablesOf(db)).toEqual(['_prisma_migrations', 'whole'])
  expect(await pendingMigrations({ ...db, directory })).toEqual(['2_broken'])

  await writeMigration(directory, '2_broken', 'CREATE TABLE half (id int)')
  expect(await migrate({ ...db, directory })).toEqual({ applied: ['2_broken'] })
  expect(await tablesOf(db)).toEqual(['_prisma_migrations', 'half', 'whole'])
})

it('leaves no partial migration when its process is killed', { timeout }, async () => {
  await using db = await createDatabase()
  const directory = await migrationsOf({ '1_slow': 'CREATE TABLE half (id int); SELECT pg_sleep(60)' })
  const script = `import { migrate } from './src/platform/database/migrate.ts'; await migrate(${JSON.stringify({ url: db.url, directory })})`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], { cwd: project, stdio: 'inherit' })
  const sleeping = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'"
  await expect.poll(() => db.rows(sleeping), { timeout: 20_000 }).toHaveLength(1)
  child.kill('SIGKILL')
  await once(child, 'exit')

  await writeMigration(directory, '1_slow', 'CREATE TABLE half (id int)')
  expect(await migrate({ ...db, directory })).toEqual({ applied: ['1_slow'] })
})

it('refuses a migration that was changed after it was applied', { timeout }, async () => {
  await using db = await createDatabase()
  const directory = await migrationsOf({ '1_first': 'CREATE TABLE first (id int)' })
  await migrate({ ...db, directory })
  await writeMigration(directory, '1_first', 'CREATE TABLE first (id bigint)')
  await expect(migrate({ ...db, directory })).rejects.toThrow(/1_first was changed after it was applied.*Restore/)
})

it('refuses a database on which the CLI left a migration unfinished, until that is resolved', { timeout }, async () => {
  await using db = await createDatabase()
  const directory = await migrationsOf({ '1_first': 'CREATE TABLE first (id int)' })
  await migrate({ ...db, directory })
  await db.rows('UPDATE _prisma_migrations SET finished_at = NULL; DROP TABLE first')
  await expect(migrate({ ...db, directory })).rejects.toThrow(/prisma migrate resolve --rolled-back 1_first/)
  expect(await pendingMigrations({ ...db, directory })).toEqual(['1_first'])

  await db.rows('UPDATE _prisma_migrations SET rolled_back_at = now()')
  expect(await migrate({ ...db, directory })).toEqual({ applied: ['1_first'] })
})

it('lets an older program start on the database of a newer one', { timeout }, async () => {
  await using db = await createDatabase()
  const newer = await migrationsOf({ '1_first': 'SELECT 1', '2_second': 'SELECT 2' })
  await migrate({ ...db, directory: newer })
  const older = await migrationsOf({ '1_first': 'SELECT 1' })
  expect(await migrate({ ...db, directory: older })).toEqual({ applied: [] })
  expect(await pendingMigrations({ ...db, directory: older })).toEqual([])
})

interface TestDatabase extends AsyncDisposable {
  readonly url: string
  readonly pool: Pool
  rows(sql: string, values?: unknown[]): Promise<unknown[]>
}

let databases = 0
async function createDatabase(): Promise<TestDatabase> {
  databases += 1
  const name = `migrate_${databases}`
  const admin = openPool(postgres.url(), 1)
  await admin.query(`CREATE DATABASE ${name}`)
  await admin.end()
  const url = postgres.url(name)
  const pool = openPool(url, 2)
  return {
    url,
    pool,
    rows: async (sql, values) => (await pool.query(sql, values)).rows,
    [Symbol.asyncDispose]: () => pool.end(),
  }
}

function disposable(pool: Pool): AsyncDisposable & { readonly pool: Pool } {
  return { pool, [Symbol.asyncDispose]: () => pool.end() }
}

async function tablesOf(db: TestDatabase): Promise<unknown[]> {
  const rows = await db.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename")
  return rows.map((row) => (row as { tablename: string }).tablename)
}

async function folderNames(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true })
  return entries.flatMap((entry) => (entry.isDirectory() ? entry.name : [])).sort()
}

async function migrationsOf(migrations: Record<string, string>): Promise<string> {
  const directory = await mkdtemp(join(folder, 'migrations-'))
  await cp(join(projectMigrations, 'migration_lock.toml'), join(directory, 'migration_lock.toml'))
  for (const [name, sql] of Object.entries(migrations)) await writeMigration(directory, name, sql)
  return directory
}

async function writeMigration(directory: string, name: string, sql: string): Promise<void> {
  await mkdir(join(directory, name), { recursive: true })
  await writeFile(join(directory, name, 'migration.sql'), sql)
}
