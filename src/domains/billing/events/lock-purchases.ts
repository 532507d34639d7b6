import { Prisma } from '../../../generated/prisma/client.ts'
import type { Tx } from '../../../platform/database/db.ts'
import type { HashName } from './hash-name.ts'
import { asUserIdSql } from './resolve-customer.ts'

/*
 * Purchases are locked by hashes of RevenueCat's names and by keys of subscriptions. Neither needs to have a row, so these are
 * advisory locks: first names, then keys, each in sorted order, and wallets after them. If one transaction can change what
 * another folds, the two share a name or a key, so the second one reads what the first one wrote.
 */

/**
 * Locks these names and all names connected with them: the other names of the same users, and those that TRANSFERs connect
 * with them. Resolves to the locked names. If more names are connected while it waits, it releases its locks and starts
 * again with all of them, since two transactions that lock out of order would deadlock.
 */
export async function lockConnectedNames(
  tx: Tx,
  hashName: HashName,
  hashesOf: () => Promise<readonly string[]>,
): Promise<string[]> {
  let connected = await connectedNames(tx, hashName, await hashesOf())
  for (;;) {
    await tx.$executeRaw`SAVEPOINT names`
    await lockNames(tx, connected)
    const locked = new Set(connected)
    connected = await connectedNames(tx, hashName, await hashesOf())
    if (connected.every((hash) => locked.has(hash))) break
    await tx.$executeRaw`ROLLBACK TO SAVEPOINT names`
  }
  await tx.$executeRaw`RELEASE SAVEPOINT names`
  return connected
}

/** Locks names by their hashes, without those connected with them. */
export function lockNames(tx: Tx, hashes: readonly string[]): Promise<void> {
  return lock(tx, hashes, 'billing name:')
}

/** Locks subscriptions and packs. Requires that their names are locked. */
export function lockKeys(tx: Tx, keys: readonly string[]): Promise<void> {
  return lock(tx, keys, 'billing:')
}

async function lock(tx: Tx, items: readonly string[], prefix: string): Promise<void> {
  if (items.length === 0) return
  await tx.$executeRaw`
    WITH wanted AS MATERIALIZED (
      SELECT DISTINCT hashtextextended(${prefix} || item, 0) AS hash FROM unnest(${[...items]}::text[]) AS item ORDER BY 1)
    SELECT pg_advisory_xact_lock(hash) FROM wanted`
}

/** Finds the hashes of all names connected with these, directly or indirectly, by users and TRANSFERs. Includes these. */
export async function connectedNames(tx: Tx, hashName: HashName, hashes: readonly string[]): Promise<string[]> {
  const found = new Set(hashes)
  for (;;) {
    const rows = await tx.$queryRaw<{ hash: string; userId: string | null; clerkId: string | null }[]>`
      WITH RECURSIVE connected (hash) AS (
        SELECT unnest(${[...found]}::text[])
        UNION
        SELECT next.hash FROM connected CROSS JOIN LATERAL (
          SELECT unnest(event.names || event.transferred_to) FROM billing_events AS event
          WHERE event.type = 'TRANSFER'
            AND (event.names @> ARRAY[connected.hash] OR event.transferred_to @> ARRAY[connected.hash])
          UNION ALL
          SELECT alias.hash FROM billing_names AS alias WHERE alias.user_id IN (${usersOf})
        ) AS next (hash))
      SELECT connected.hash, account.id AS "userId", account.clerk_id AS "clerkId"
      FROM connected LEFT JOIN users AS account ON account.id IN (${usersOf})`
    for (const { hash } of rows) found.add(hash)
    // The database cannot hash the ids of users. Only if it has not found one of them, more names may be connected.
    const ids = new Set(rows.flatMap(({ userId, clerkId }) => [userId, clerkId]).filter((id) => id !== null))
    const missing = [...ids].map(hashName).filter((hash) => !found.has(hash))
    if (missing.length === 0) return [...found]
    for (const hash of missing) found.add(hash)
  }
}

/** The ids of the users of a connected name. */
const usersOf = Prisma.sql`
  SELECT user_id FROM billing_names WHERE billing_names.hash = connected.hash
  UNION ALL
  SELECT ${asUserIdSql(Prisma.sql`billing_names.name`)} FROM billing_names WHERE billing_names.hash = connected.hash
  UNION ALL
  SELECT users.id FROM billing_names JOIN users ON users.clerk_id = billing_names.name
  WHERE billing_names.hash = connected.hash`
