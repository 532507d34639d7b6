import type { UserStanding } from '../../../generated/prisma/enums.ts'
import type { Database } from '../../../platform/database/db.ts'
import { maySignIn } from '../may-sign-in.ts'

/** Those of the people who may not act any more: banned, locked or deleted. One statement for all of them. */
export async function findUnavailableUsers(
  db: Pick<Database, 'query'>,
  ids: readonly string[],
  now: Date,
): Promise<ReadonlySet<string>> {
  const rows = await db.query<{ id: string; standing: UserStanding; lockedUntil: Date | null }>(
    `SELECT id, standing, locked_until AS "lockedUntil" FROM users WHERE id = ANY($1::uuid[]) AND standing <> 'ACTIVE'`,
    [ids],
  )
  return new Set(rows.filter((person) => !maySignIn(person, now)).map(({ id }) => id))
}
