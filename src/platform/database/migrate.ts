import { createHash, randomUUID } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Logger, runMigrations as runQueueMigrations } from 'graphile-worker'
import { Client, DatabaseError, Pool } from 'pg'
import { indexJobsByOwner } from '../compat/graphile-worker/turns.ts'
import { grantQueue } from '../jobs/grant-queue.ts'
import { type Log, silentLog } from '../observability/log.ts'
import { endWithTimeout, keepAliveOptions } from './timeout-client.ts'

/*
 * Applies prisma/migrations as `prisma migrate deploy` would and records them in the same table, so that this and the
 * CLI agree on every database; but without the CLI (2 s and a development dependency). Each migration is one
 * transaction together with its row in `_prisma_migrations`: a process that dies leaves no partial migration. A second
 * process waits for the advisory lock, which the CLI also takes, and then has nothing to apply.
 */

const projectMigrations = fileURLToPath(new URL('../../../prisma/migrations', import.meta.url))

/** The key of the advisory lock that `prisma migrate` takes. */
const prismaLock = 72_707_369

/** A copy of Prisma's own definition. */
const createMigrationsTable = `
  CREATE TABLE IF NOT EXISTS _prisma_migrations (
    id                      VARCHAR(36) PRIMARY KEY NOT NULL,
    checksum                VARCHAR(64) NOT NULL,
    finished_at             TIMESTAMPTZ,
    migration_name          VARCHAR(255) NOT NULL,
    logs                    TEXT,
    rolled_back_at          TIMESTAMPTZ,
    started_at              TIMESTAMPTZ NOT NULL DEFAULT now(),
    applied_steps_count     INTEGER NOT NULL DEFAULT 0
  )`

/** A migration may take any time. Postgres releases the lock 5 s after the process that held it was killed. */
const sessionSettings = `
  SET statement_timeout = 0;
  SET lock_timeout = 0;
  SET idle_session_timeout = 0;
  SET client_connection_check_interval = '5s'`

/** A database that scales to zero takes some seconds for its first connection. */
const connecting = { ...keepAliveOptions, connectionTimeoutMillis: 10_000 }

interface Migration {
  readonly name: string
  readonly sql: string
  readonly checksum: string
}

interface MigrationRow {
  readonly migration_name: string
  readonly checksum: string
  readonly finished_at: Date | null
}

/** The state of the database does not match the migrations; the message says what to do. */
class MigrationError extends Error {
  override readonly name = 'MigrationError'
}

/** Work that a migration needs before its SQL and that SQL cannot do, in the transaction of the migration. */
export interface BeforeMigration {
  /** The name of the migration. */
  readonly name: string
  run(client: Pick<Client, 'query'>): Promise<void>
}

export interface MigrateOptions {
  /**
   * The URL of an existing database as its owner. Direct, not through a pooler: an advisory lock belongs to one
   * session.
   */
  readonly url: string
  /** The project's own by default. */
  readonly directory?: string
  readonly before?: readonly BeforeMigration[]
  readonly log?: Log
}

/**
 * Brings the database up to date: first the tables of the job queue, since a migration may call its functions, then the
 * pending migrations. Returns the names of the migrations it applied. 200 ms on an empty database, 17 ms on a current
 * one. Migrations that only the database has are ignored: a newer release has applied them.
 */
export async function migrate({
  url,
  directory = projectMigrations,
  before = [],
  log = silentLog,
}: MigrateOptions): Promise<{ applied: string[] }> {
  const migrations = await readMigrations(directory)
  const client = new Client({ connectionString: url, ...connecting })
  // This connection is idle while the queue's migrations run. If it breaks, its next query fails.
  client.on('error', () => {})
  try {
    await client.connect()
    await client.query(sessionSettings)
    await lock(client, log)
    await migrateJobQueue(url)
    await indexJobsByOwner(client)
    await client.query(createMigrationsTable)
    const pending = findPending(migrations, await readMigrationRows(client))
    for (const migration of pending) {
      const began = performance.now()
      await apply(client, migration, before)
      log.info({ migration: migration.name, ms: Math.round(performance.now() - began) }, 'applied a migration')
    }
    await grantQueue(client)
    return { applied: pending.map(({ name }) => name) }
  } catch (error) {
    throw error instanceof DatabaseError && error.code === '42501' ? permissionError(client, error) : error
  } finally {
    await endWithTimeout(client) // closing the session releases the lock
  }
}

/**
 * The names of the project's migrations that the database has not finished; all of them on an empty database. One
 * statement, 1 ms: fast enough for a readiness probe.
 */
export async function pendingMigrations({
  pool,
  directory = projectMigrations,
}: {
  readonly pool: Pick<Pool, 'query'>
  readonly directory?: string
}): Promise<string[]> {
  const names = await migrationNames(directory)
  const done = await pool
    .query<{ migration_name: string }>(
      'SELECT migration_name FROM _prisma_migrations WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL',
    )
    .catch((error) => {
      if (error instanceof DatabaseError && error.code === '42P01') return { rows: [] } // no such table
      throw error
    })
  const finished = new Set(done.rows.map((row) => row.migration_name))
  return names.filter((name) => !finished.has(name))
}

function permissionError({ user }: Client, cause: DatabaseError): MigrationError {
  return new MigrationError(
    `The role ${user} of DIRECT_URL may not migrate this database: ${cause.message}. Set DIRECT_URL to the address of ` +
      'the role that owns the tables, or AUTO_MIGRATE=false and migrate as that role before the start.',
    { cause },
  )
}

async function migrateJobQueue(url: string): Promise<void> {
  const pool = new Pool({ connectionString: url, max: 1, ...connecting })
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))
  await runQueueMigrations({ pgPool: pool, logger: new Logger(() => () => {}) }).finally(() => pool.end())
}

/** The folders of a directory in the order of their names, which begin with a timestamp. */
async function migrationNames(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true })
  return entries.flatMap((entry) => (entry.isDirectory() ? entry.name : [])).sort()
}

async function readMigrations(directory: string): Promise<Migration[]> {
  const names = await migrationNames(directory)
  return Promise.all(
    names.map(async (name) => {
      const bytes = await readFile(join(directory, name, 'migration.sql'))
      return { name, sql: bytes.toString('utf8'), checksum: createHash('sha256').update(bytes).digest('hex') }
    }),
  )
}

async function lock(client: Client, log: Log): Promise<void> {
  const { rows } = await client.query<{ taken: boolean }>(`SELECT pg_try_advisory_lock(${prismaLock}) AS taken`)
  if (rows[0]?.taken) return
  log.info('waiting for another process that migrates this database')
  await client.query(`SELECT pg_advisory_lock(${prismaLock})`)
}

async function readMigrationRows(client: Client): Promise<MigrationRow[]> {
  const { rows } = await client.query<MigrationRow>(
    'SELECT migration_name, checksum, finished_at FROM _prisma_migrations WHERE rolled_back_at IS NULL',
  )
  return rows
}

/** The migrations without a row. Throws if the rows contradict the files: continuing would leave an unknown schema. */
function findPending(migrations: readonly Migration[], rows: readonly MigrationRow[]): Migration[] {
  const failed = rows.find((entry) => entry.finished_at === null)
  if (failed) {
    const name = failed.migration_name
    throw new MigrationError(
      `The Prisma CLI began the migration ${name} on this database and it failed: the column logs of its row in ` +
        '_prisma_migrations says why. Undo by hand what it left, then run ' +
        `\`npx prisma migrate resolve --rolled-back ${name}\` and start again.`,
    )
  }
  const checksums = new Map(rows.map((entry) => [entry.migration_name, entry.checksum]))
  for (const { name, checksum } of migrations) {
    if ((checksums.get(name) ?? checksum) === checksum) continue
    throw new MigrationError(
      `The migration ${name} was changed after it was applied to this database. Restore its migration.sql and put the ` +
        'change into a new migration. A development database may instead be emptied: `npx prisma migrate reset`.',
    )
  }
  return migrations.filter(({ name }) => !checksums.has(name))
}

/**
 * Applies the migration and inserts its row, or neither. A script without parameters is sent in one message and may
 * contain any SQL.
 */
async function apply(
  client: Client,
  { name, sql, checksum }: Migration,
  before: readonly BeforeMigration[],
): Promise<void> {
  try {
    await client.query('BEGIN')
    for (const work of before) if (work.name === name) await work.run(client)
    await client.query(sql)
    await client.query(
      `INSERT INTO _prisma_migrations
         (id, checksum, migration_name, started_at, finished_at, applied_steps_count)
       VALUES ($1, $2, $3, now(), clock_timestamp(), 1)`,
      [randomUUID(), checksum, name],
    )
    await client.query('COMMIT')
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {}) // if the connection failed, Postgres rolls back by itself
    const at = error instanceof DatabaseError && error.position ? ` at line ${lineAt(sql, Number(error.position))}` : ''
    const message = error instanceof Error ? error.message : String(error)
    throw new MigrationError(
      `The migration ${name} failed${at} and was rolled back: ${message}. Correct its migration.sql and start again.`,
      { cause: error },
    )
  }
}

function lineAt(text: string, position: number): number {
  return text.slice(0, position).split('\n').length
}
