import { Prisma } from '../../../generated/prisma/client.ts'
import type { Tx } from '../../../platform/database/db.ts'

/** Resolves a list of hashes of RevenueCat's names, the most reliable first, to a user id. Null if no name is known. */
export type ResolveUserId = (names: readonly string[]) => string | null

export interface ResolvedNames {
  readonly resolveUserId: ResolveUserId
  /** The same, but only by Pacer's and Clerk's user ids, not by anonymous names. */
  readonly resolveIdentified: ResolveUserId
}

/** Case-sensitive, as in RevenueCat. */
const userIdPattern = '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'

/** In SQL: the name as a uuid if it has the form of Pacer's user ids, else null. */
export const asUserIdSql = (name: Prisma.Sql): Prisma.Sql =>
  Prisma.sql`CASE WHEN ${name} ~ ${userIdPattern} THEN ${name}::uuid END`

/**
 * Resolves hashes of names to users: by Pacer's or Clerk's user id, otherwise by the user that an anonymous name is assigned
 * to. The names of an erased user resolve to the tombstone.
 */
export async function resolveCustomer(tx: Tx, hashes: readonly string[]): Promise<ResolvedNames> {
  const rows = await tx.$queryRaw<{ hash: string; identified: string | null; assigned: string | null }[]>`
    SELECT known.hash, account.id AS identified, known.user_id AS assigned
    FROM billing_names AS known
    LEFT JOIN LATERAL (
      SELECT id FROM users WHERE clerk_id = known.name
      UNION ALL SELECT id FROM users WHERE id = ${asUserIdSql(Prisma.sql`known.name`)}
      LIMIT 1) AS account ON true
    WHERE known.hash = ANY(${[...new Set(hashes)]}::text[])`
  const first = (column: 'identified' | 'assigned') => {
    const known = new Map(rows.map((row) => [row.hash, row[column]]))
    return (list: readonly string[]) => list.map((hash) => known.get(hash) ?? null).find((id) => id !== null) ?? null
  }
  const [resolveIdentified, resolveAssigned] = [first('identified'), first('assigned')]
  return { resolveIdentified, resolveUserId: (list) => resolveIdentified(list) ?? resolveAssigned(list) }
}
