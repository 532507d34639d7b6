import { Prisma } from '../../../generated/prisma/client.ts'
import type { Tx } from '../../../platform/database/db.ts'

/** Resolves a list of RevenueCat's names, the most reliable first, to a user id. Null if no name is known. */
export type ResolveUserId = (names: readonly string[]) => string | null

export interface ResolvedNames {
  readonly resolveUserId: ResolveUserId
  /** The same, but only by Pacer's and Clerk's user ids, not by anonymous names. */
  readonly resolveIdentified: ResolveUserId
}

/** Case-sensitive, as in RevenueCat. */
const userIdPattern = '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'

/** Whether a name has the form of Pacer's user ids. */
export function isUserId(name: string): boolean {
  return new RegExp(userIdPattern).test(name)
}

/** The same in SQL: the name as a uuid, or null. */
export const asUserIdSql = (name: Prisma.Sql): Prisma.Sql =>
  Prisma.sql`CASE WHEN ${name} ~ ${userIdPattern} THEN ${name}::uuid END`

/** Resolves names to users: by Pacer's or Clerk's user id, otherwise by the user that an anonymous name is assigned to. */
export async function resolveCustomer(tx: Tx, names: readonly string[]): Promise<ResolvedNames> {
  const rows = await tx.$queryRaw<{ name: string; identified: string | null; assigned: string | null }[]>`
    SELECT given.name, account.id AS identified, known.user_id AS assigned
    FROM unnest(${[...new Set(names)]}::text[]) AS given (name)
    LEFT JOIN LATERAL (
      SELECT id FROM users WHERE clerk_id = given.name
      UNION ALL SELECT id FROM users WHERE id = ${asUserIdSql(Prisma.sql`given.name`)}
      LIMIT 1) AS account ON true
    LEFT JOIN billing_names AS known ON known.name = given.name`
  const first = (column: 'identified' | 'assigned') => {
    const known = new Map(rows.map((row) => [row.name, row[column]]))
    return (list: readonly string[]) => list.map((name) => known.get(name) ?? null).find((id) => id !== null) ?? null
  }
  const [resolveIdentified, resolveAssigned] = [first('identified'), first('assigned')]
  return { resolveIdentified, resolveUserId: (list) => resolveIdentified(list) ?? resolveAssigned(list) }
}
