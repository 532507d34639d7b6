import type { Pool } from 'pg'
import type { Log } from '../observability/log.ts'

/**
 * Whether the role of these connections bypasses table privileges: it owns tables, or is a member of pg_write_all_data.
 */
export async function isPrivilegedRole(pool: Pick<Pool, 'query'>): Promise<boolean> {
  const { rowCount } = await pool.query(`
    SELECT FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
    AND (pg_has_role(relowner, 'MEMBER') OR pg_has_role('pg_write_all_data', 'MEMBER')) LIMIT 1`)
  return rowCount === 1
}

/** Logs a warning if the role bypasses table privileges. */
export async function warnOfOwner({ pool, log }: { pool: Pick<Pool, 'query'>; log: Log }): Promise<void> {
  // An unavailable database is reported by the readiness probe.
  const isUnbound = await isPrivilegedRole(pool).catch(() => false)
  if (!isUnbound) return
  log.warn(
    'the role of DATABASE_URL owns the tables or may write to all: use a login of its own (docs/operations.md, Postgres)',
  )
}
