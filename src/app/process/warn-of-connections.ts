import { randomBytes } from 'node:crypto'
import { connectionsNeeded, type Processes, usableConnections } from '../../platform/database/connections.ts'
import { goesThroughPooler } from '../../platform/database/pooler.ts'
import type { App } from '../app.ts'

type Role = 'api' | 'worker' | 'all'

/** The application_name of this process's connections, by which other processes count it. */
export function processName(role: Role): string {
  return `pacer ${role} ${randomBytes(4).toString('hex')}`
}

/** Warns if all connected processes and those of WEB_CONCURRENCY may need more connections than the database accepts. */
export async function warnOfConnections({ db, config, log }: Pick<App, 'db' | 'config' | 'log'>): Promise<void> {
  const { poolSize, database, webConcurrency } = config
  const isPooled = goesThroughPooler(database)
  try {
    const usable = await usableConnections(db.pool)
    const { rows } = await db.pool.query<{ role: Role; count: number }>(
      `SELECT split_part(application_name, ' ', 2) AS role, count(DISTINCT application_name)::int AS count
       FROM pg_stat_activity WHERE datname = current_database() AND application_name ~ '^pacer (api|worker|all) ' GROUP BY 1`,
    )
    const count = (role: Role) => rows.find((row) => row.role === role)?.count ?? 0
    const alls = count('all')
    const apis = Math.max(count('api'), webConcurrency - alls)
    const processes: Processes = { apis, workers: count('worker'), alls }
    const needed = connectionsNeeded({ ...processes, poolSize, isPooled })
    if (needed <= usable) return
    const direct = connectionsNeeded({ ...processes, poolSize: 0, isPooled })
    const fittingPoolSize = Math.floor((usable - direct) / (apis + processes.workers + alls))
    const lower = !isPooled && fittingPoolSize > 0 ? `set DB_POOL_SIZE to ${fittingPoolSize} or less, ` : ''
    log.warn(
      { ...processes, poolSize, needed, usable },
      `the processes may need ${needed} connections, but the database accepts ${usable}: ${lower}run fewer processes, ` +
        'use a pooler for DATABASE_URL, or raise max_connections',
    )
  } catch {
    // The readiness probe reports an unavailable database.
  }
}
