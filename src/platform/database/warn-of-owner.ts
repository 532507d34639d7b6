import type { Pool } from 'pg'
import type { Log } from '../watching/log.ts'

/** Whether these connections are of a role that no privilege binds: an owner of tables, or of a group above all. */
export async function isUnboundRole(pool: Pick<Pool, 'query'>): Promise<boolean> {
  const { rowCount } = await pool.query(`
    SELECT FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
    AND (pg_has_role(relowner, 'MEMBER') OR pg_has_role('pg_write_all_data', 'MEMBER')) LIMIT 1`)
  return rowCount === 1
}

/** Says so where they are. */
export async function warnOfOwner({ pool, log }: { pool: Pick<Pool, 'query'>; log: Log }): Promise<void> {
  // A database that is away is the business of the readiness probe.
  const isUnbound = await isUnboundRole(pool).catch(() => false)
  if (!isUnbound) return
  log.warn(
    'the role of DATABASE_URL owns the tables or may write to all: use a login of its own (docs/operations.md, Postgres)',
  )
}
