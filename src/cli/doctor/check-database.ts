import { Pool } from 'pg'
import type { Config } from '../../config/config.ts'
import { usableConnections } from '../../platform/database/connections.ts'
import { pendingMigrations } from '../../platform/database/migrate.ts'
import { goesThroughPooler } from '../../platform/database/pooler.ts'
import { isUnboundRole } from '../../platform/database/warn-of-owner.ts'
import { checkQueue } from './check-queue.ts'
import { type Asked, type Check, type Finding, failed, ok, runChecks, warning } from './finding.ts'
import { judgeClock } from './judge-clock.ts'
import { judgePool, type Processes } from './judge-pool.ts'

const oldestVersion = 15
const answerMs = 5_000

/** Both addresses, and over the program's own one: version, migrations, role, clock, connections and queue. */
export function checkDatabase(config: Config, processes: Processes): Check[] {
  const { url, directUrl } = config.database
  const todo = (name: string) => `See that ${name} has the right login, password and database.`
  const program = {
    what: 'database',
    todo: todo('DATABASE_URL'),
    asks: asks('DATABASE_URL'),
    run: () =>
      connected(url, async (pool) => {
        const { rows } = await pool.query<{ version: string; name: string; role: string }>(
          "SELECT current_setting('server_version') AS version, current_database() AS name, current_user AS role",
        )
        const { version = '', name, role } = rows[0] ?? {}
        const about = `PostgreSQL ${version}, ${name} as ${role}`
        const isOld = Number.parseInt(version, 10) < oldestVersion
        const first = isOld
          ? failed('database', about, `Upgrade it: Pacer needs PostgreSQL ${oldestVersion} or newer.`)
          : ok('database', about)
        return [first, ...(await runChecks(checksOver(pool, config, processes)))]
      }),
  }
  if (directUrl === url) return [program]
  const direct = { todo: todo('DIRECT_URL'), asks: asks('DIRECT_URL'), run: () => checkDirect(directUrl) }
  return [program, { what: 'direct address', ...direct }]
}

/** No answer is no wrong login. */
const asks = (name: string): Asked => ({
  name: 'Postgres',
  todo: `See that it runs, has connections left, and that ${name} has its host and port. Neon wakes up: run it again.`,
})

async function connected<Result>(url: string, work: (pool: Pool) => Promise<Result>): Promise<Result> {
  const pool = new Pool({
    connectionString: url,
    max: 3,
    connectionTimeoutMillis: answerMs,
    query_timeout: answerMs,
  }).on('error', () => undefined)
  try {
    return await work(pool)
  } finally {
    await pool.end()
  }
}

/** Neon names its poolers so; sessions, which migrations, LISTEN and the queue need, do not live through one. */
function checkDirect(url: string): Promise<readonly Finding[]> {
  return connected(url, async (pool) => {
    const { rows } = await pool.query<{ name: string; role: string }>(
      'SELECT current_database() AS name, current_user AS role',
    )
    const about = `${rows[0]?.name} as ${rows[0]?.role}`
    const { hostname } = new URL(url)
    if (!hostname.includes('-pooler.')) return [ok('direct address', about)]
    return [failed('direct address', `${hostname} is a pooler`, 'Set DIRECT_URL to the address without a pooler.')]
  })
}

function checksOver(pool: Pool, config: Config, processes: Processes): Check[] {
  const todo = 'See that the login of DATABASE_URL is in pacer_runtime: docs/operations.md, Postgres.'
  const checks = [
    { what: 'migrations', run: () => checkMigrations(pool, config) },
    { what: 'role', run: () => checkRole(pool) },
    { what: "database's clock", run: () => checkClock(pool) },
    { what: 'connections', run: () => checkConnections(pool, config, processes) },
    { what: 'queue', run: () => checkQueue(pool) },
  ]
  return checks.map((check) => ({ ...check, todo, asks: asks('DATABASE_URL') }))
}

async function checkMigrations(pool: Pool, { autoMigrate }: Config): Promise<readonly Finding[]> {
  const pending = await pendingMigrations({ pool })
  if (pending.length === 0) return [ok('migrations', 'all are applied')]
  const about = `${pending.length} missing, from ${pending[0]} on`
  if (!autoMigrate) return [failed('migrations', about, 'Run `npm run cli -- migrate` as the owner.')]
  return [warning('migrations', about, 'The next start applies them; or run `npm run cli -- migrate`.')]
}

async function checkRole(pool: Pool): Promise<readonly Finding[]> {
  if (!(await isUnboundRole(pool))) return [ok('role', 'owns no table')]
  const todo = 'Give DATABASE_URL a login of its own: docs/operations.md, Postgres.'
  return [warning('role', 'owns the tables or may write to all', todo)]
}

async function checkClock(pool: Pool): Promise<readonly Finding[]> {
  const askedAt = Date.now()
  const { rows } = await pool.query<{ now: Date }>('SELECT clock_timestamp() AS now')
  const at = rows[0]?.now.getTime() ?? Number.NaN
  return [judgeClock("database's clock", { at, precisionMs: 1, askedAt, answeredAt: Date.now() })]
}

async function checkConnections(
  pool: Pool,
  { database, poolSize }: Config,
  processes: Processes,
): Promise<readonly Finding[]> {
  const usable = await usableConnections(pool)
  const isPooled = goesThroughPooler(database)
  return [judgePool({ usable, poolSize, isPooled, ...processes })]
}
