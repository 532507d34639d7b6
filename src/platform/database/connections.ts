import type { Pool } from 'pg'

/** Beyond DB_POOL_SIZE, over DIRECT_URL: an API process listens; a worker runs four jobs, listens and looks around. */
export const directOfApi = 1
export const directOfWorker = 7

/** How many processes run over one database. */
export interface Processes {
  readonly apis: number
  readonly workers: number
  /** Those that do both over one pool. */
  readonly alls: number
}

/** What all of them open at most. Behind a pooler only what goes around it counts. */
export function connectionsNeeded({
  poolSize,
  isPooled,
  apis,
  workers,
  alls,
}: Processes & { readonly poolSize: number; readonly isPooled: boolean }): number {
  const pools = isPooled ? 0 : (apis + workers + alls) * poolSize
  return pools + (apis + alls) * directOfApi + (workers + alls) * directOfWorker
}

/** What the database takes, without what it keeps for its superusers. */
export async function usableConnections(pool: Pick<Pool, 'query'>): Promise<number> {
  const { rows } = await pool.query<{ usable: number }>(
    `SELECT sum(CASE name WHEN 'max_connections' THEN setting::int ELSE -setting::int END)::int AS usable
     FROM pg_settings WHERE name IN ('max_connections', 'superuser_reserved_connections', 'reserved_connections')`,
  )
  return rows[0]?.usable ?? 0
}
