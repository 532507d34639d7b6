import { Pool } from 'pg'
import type { Config } from '../../config/config.ts'
import { usableConnections } from '../../platform/database/connections.ts'
import { pendingMigrations } from '../../platform/database/migrate.ts'
import { goesThroughPooler } from '../../platform/database/pooler.ts'
import { sessionOptions } from '../../platform/database/session-options.ts'
import { isPrivilegedRole } from '../../platform/database/warn-of-owner.ts'
import { checkConnectionCount, type Processes } from './check-connection-count.ts'
import { checkQueue } from './check-queue.ts'
import { compareClocks } from './compare-clocks.ts'
import {
  type Check,
  type CheckedService,
  type Finding,
  failed,
  ok,
  type Redact,
  runChecks,
  warning,
} from './finding.ts'

const oldestVersion = 15
const timeoutMs = 5_000

/** Checks DATABASE_URL (version, migrations, role, clock, JIT, connections and queue) and DIRECT_URL. */
export function checkDatabase(config: Config, processes: Processes, redact: Redact): Check[] {
  const { url, directUrl } = config.database
  const isPooled = goesThroughPooler(config.database)
  const todo = (name: string) => `Check the login, password and database name in ${name}.`
  const program = {
    what: 'database',
    todo: todo('DATABASE_URL'),
    service: postgres('DATABASE_URL'),
    run: () =>
      connected(isPooled ? { url } : { url, options: sessionOptions }, async (pool) => {
        const { rows } = await pool.query<{ version: string; name: string; role: string }>(
          "SELECT current_setting('server_version') AS version, current_database() AS name, current_user AS role",
        )
        const { version = '', name, role } = rows[0] ?? {}
        const about = `PostgreSQL ${version}, ${name} as ${role}`
        const isOld = Number.parseInt(version, 10) < oldestVersion
        const first = isOld
          ? failed('database', about, `Upgrade Postgres: Pacer needs version ${oldestVersion} or newer.`)
          : ok('database', about)
        return [first, ...(await runChecks(checksOver(pool, config, processes), redact))]
      }),
  }
  if (directUrl === url) return [program]
  const direct = { todo: todo('DIRECT_URL'), service: postgres('DIRECT_URL'), run: () => checkDirect(directUrl) }
  return [program, { what: 'direct address', ...direct }]
}

/** A server that does not answer says nothing about the login. */
const postgres = (name: string): CheckedService => ({
  name: 'Postgres',
  todo: `Check that it runs and has free connections, and the host and port in ${name}. A suspended Neon database starts on connect: run the doctor again.`,
})

async function connected<Result>(
  { url, options }: { readonly url: string; readonly options?: string },
  work: (pool: Pool) => Promise<Result>,
): Promise<Result> {
  const pool = new Pool({
    connectionString: url,
    options,
    max: 3,
    connectionTimeoutMillis: timeoutMs,
    query_timeout: timeoutMs,
  }).on('error', () => undefined)
  try {
    return await work(pool)
  } finally {
    await pool.end()
  }
}

/** Neon's pooler hosts contain `-pooler.`. Migrations, LISTEN and the queue need a session, which a pooler does not keep. */
function checkDirect(url: string): Promise<readonly Finding[]> {
  return connected({ url }, async (pool) => {
    const { rows } = await pool.query<{ name: string; role: string }>(
      'SELECT current_database() AS name, current_user AS role',
    )
    const about = `${rows[0]?.name} as ${rows[0]?.role}`
    const { hostname } = new URL(url)
    if (!hostname.includes('-pooler.')) return [ok('direct address', about)]
    return [failed('direct address', `${hostname} is a pooler`, 'Set DIRECT_URL to the URL without the pooler.')]
  })
}

function checksOver(pool: Pool, config: Config, processes: Processes): Check[] {
  const todo = 'Check that the login of DATABASE_URL is a member of pacer_runtime: docs/operations.md, Postgres.'
  const checks = [
    { what: 'migrations', run: () => checkMigrations(pool, config) },
    { what: 'role', run: () => checkRole(pool) },
    { what: "database's clock", run: () => checkClock(pool) },
    { what: 'JIT', run: () => checkJit(pool) },
    { what: 'connections', run: () => checkConnections(pool, config, processes) },
    { what: 'queue', run: () => checkQueue(pool) },
  ]
  return checks.map((check) => ({ ...check, todo, service: postgres('DATABASE_URL') }))
}

async function checkMigrations(pool: Pool, { autoMigrate }: Config): Promise<readonly Finding[]> {
  const pending = await pendingMigrations({ pool })
  if (pending.length === 0) return [ok('migrations', 'all applied')]
  const about = `${pending.length} missing, from ${pending[0]} on`
  if (!autoMigrate) return [failed('migrations', about, 'Run `npm run cli -- migrate` as the owner.')]
  return [warning('migrations', about, 'The next start applies them. To apply them now, run `npm run cli -- migrate`.')]
}

async function checkRole(pool: Pool): Promise<readonly Finding[]> {
  if (!(await isPrivilegedRole(pool))) return [ok('role', 'owns no table')]
  const todo = 'Use a separate login in DATABASE_URL: docs/operations.md, Postgres.'
  return [warning('role', 'owns the tables or may write to all of them', todo)]
}

async function checkClock(pool: Pool): Promise<readonly Finding[]> {
  const sentAt = Date.now()
  const { rows } = await pool.query<{ now: Date }>('SELECT clock_timestamp() AS now')
  const at = rows[0]?.now.getTime() ?? Number.NaN
  return [compareClocks("database's clock", { at, precisionMs: 1, sentAt, receivedAt: Date.now() })]
}

/** Our own connections turn it off, but a pooler has only the settings of the role. */
async function checkJit(pool: Pool): Promise<readonly Finding[]> {
  const { rows } = await pool.query<{ jit: string; role: string }>(
    "SELECT current_setting('jit') AS jit, current_user AS role",
  )
  const { jit, role = '' } = rows[0] ?? {}
  if (jit === 'off') return [ok('JIT', 'off')]
  const todo = `Run \`ALTER ROLE ${role} SET jit = off\` as the owner, then let the pooler connect again: docs/operations.md, Postgres.`
  return [warning('JIT', 'on: some statements take 0.5 s more', todo)]
}

async function checkConnections(
  pool: Pool,
  { database, poolSize }: Config,
  processes: Processes,
): Promise<readonly Finding[]> {
  const usable = await usableConnections(pool)
  const isPooled = goesThroughPooler(database)
  return [checkConnectionCount({ usable, poolSize, isPooled, ...processes })]
}
