import type { Pool } from 'pg'
import type { Log } from './log.ts'

/** Says so where these connections are of a role that no privilege binds: an owner of tables, or of a group above all. */
export async function warnOfOwner({ pool, log }: { pool: Pick<Pool, 'query'>; log: Log }): Promise<void> {
  const unbound = `
    SELECT FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
    AND (pg_has_role(relowner, 'MEMBER') OR pg_has_role('pg_write_all_data', 'MEMBER')) LIMIT 1`
  // A database that is away is the business of the readiness probe.
  const { rowCount } = await pool.query(unbound).catch(() => ({ rowCount: 0 }))
  if (rowCount !== 1) return
  log.warn(
    'the role of DATABASE_URL owns the tables or may write to all: use a login of its own (docs/operations.md, Roles)',
  )
}
