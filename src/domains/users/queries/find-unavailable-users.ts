import type { Database } from '../../../platform/database/db.ts'

/** Those of the people who may not act any more: banned or deleted. One statement for all of them. */
export async function findUnavailableUsers(
  db: Pick<Database, 'query'>,
  ids: readonly string[],
): Promise<ReadonlySet<string>> {
  const rows = await db.query<{ id: string }>(
    `SELECT id FROM users WHERE id = ANY($1::uuid[]) AND standing <> 'ACTIVE' AND standing <> 'LOCKED'`,
    [ids],
  )
  return new Set(rows.map(({ id }) => id))
}
