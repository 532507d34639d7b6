import type { Pool } from 'pg'

/**
 * Connections over DIRECT_URL in addition to DB_POOL_SIZE. An API process holds one for LISTEN. A worker holds one for
 * LISTEN and three to take jobs and store their outcomes (platform/jobs/run-jobs.ts); the jobs use DB_POOL_SIZE.
 */
export const directConnectionsOfApi = 1
export const directConnectionsOfWorker = 4

/** How many processes run over one database. */
export interface Processes {
  readonly apis: number
  readonly workers: number
  /** Processes that serve requests and run jobs over one pool. */
  readonly alls: number
}

/** The most connections that all processes open together. Behind a pooler only direct connections count. */
export function connectionsNeeded({
  poolSize,
  isPooled,
  apis,
  workers,
  alls,
}: Processes & { readonly poolSize: number; readonly isPooled: boolean }): number {
  const pools = isPooled ? 0 : (apis + workers + alls) * poolSize
  return pools + (apis + alls) * directConnectionsOfApi + (workers + alls) * directConnectionsOfWorker
}

/** The database's max_connections without those reserved for superusers. */
export async function usableConnections(pool: Pick<Pool, 'query'>): Promise<number> {
  const { rows } = await pool.query<{ usable: number }>(
    `SELECT sum(CASE name WHEN 'max_connections' THEN setting::int ELSE -setting::int END)::int AS usable
     FROM pg_settings WHERE name IN ('max_connections', 'superuser_reserved_connections', 'reserved_connections')`,
  )
  return rows[0]?.usable ?? 0
}
