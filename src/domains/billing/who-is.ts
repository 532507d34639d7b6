import { Prisma } from '../../generated/prisma/client.ts'
import type { Tx } from '../../platform/database/db.ts'

/** The person whom a list of RevenueCat's names means, the best name first; null: nobody known. */
export type WhoIs = (names: readonly string[]) => string | null

export interface KnownNames {
  readonly who: WhoIs
  /** The same by ids only that say themselves whose they are: ours and Clerk's. */
  readonly named: WhoIs
}

/** Case counts, as for RevenueCat. */
const ourId = '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'

/** Whether a name may be our id of a person. */
export function isOurId(name: string): boolean {
  return new RegExp(ourId).test(name)
}

/** The same in SQL: the id, or null. */
export const asOurId = (name: Prisma.Sql): Prisma.Sql => Prisma.sql`CASE WHEN ${name} ~ ${ourId} THEN ${name}::uuid END`

/** Whom these names mean: an id of ours or of Clerk's, else what events said of an anonymous one. */
export async function whoIs(tx: Tx, names: readonly string[]): Promise<KnownNames> {
  const rows = await tx.$queryRaw<{ name: string; named: string | null; remembered: string | null }[]>`
    SELECT said.name, person.id AS named, known.user_id AS remembered
    FROM unnest(${[...new Set(names)]}::text[]) AS said (name)
    LEFT JOIN LATERAL (
      SELECT id FROM users WHERE clerk_id = said.name
      UNION ALL SELECT id FROM users WHERE id = ${asOurId(Prisma.sql`said.name`)}
      LIMIT 1) AS person ON true
    LEFT JOIN billing_names AS known ON known.name = said.name`
  const first = (column: 'named' | 'remembered') => {
    const known = new Map(rows.map((row) => [row.name, row[column]]))
    return (list: readonly string[]) => list.map((name) => known.get(name) ?? null).find((id) => id !== null) ?? null
  }
  const [named, remembered] = [first('named'), first('remembered')]
  return { named, who: (list) => named(list) ?? remembered(list) }
}
