import { Prisma } from '../../../generated/prisma/client.ts'
import type { Tx } from '../../../platform/database/db.ts'
import { asUserIdSql } from './resolve-customer.ts'

/*
 * Purchases are locked by RevenueCat's names and by keys of subscriptions. Neither needs to have a row, so these are
 * advisory locks: first names, then keys, each in sorted order, and wallets after them. If one transaction can change what
 * another folds, the two share a name or a key, so the second one reads what the first one wrote.
 */

/**
 * Locks these names and all names connected with them: the other names of the same users, and those that TRANSFERs connect
 * with them. Resolves to the locked names. If more names are connected while it waits, it releases its locks and starts
 * again with all of them, since two transactions that lock out of order would deadlock.
 */
export async function lockConnectedNames(tx: Tx, namesOf: () => Promise<readonly string[]>): Promise<string[]> {
  let connected = await connectedNames(tx, await namesOf())
  for (;;) {
    await tx.$executeRaw`SAVEPOINT names`
    await lockNames(tx, connected)
    const locked = new Set(connected)
    connected = await connectedNames(tx, await namesOf())
    if (connected.every((name) => locked.has(name))) break
    await tx.$executeRaw`ROLLBACK TO SAVEPOINT names`
  }
  await tx.$executeRaw`RELEASE SAVEPOINT names`
  return connected
}

/** Locks names without those connected with them. */
export function lockNames(tx: Tx, names: readonly string[]): Promise<void> {
  return lock(tx, names, 'billing name:')
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

/** Finds all names connected with these, directly or indirectly, by users and TRANSFERs. Includes these names. */
export async function connectedNames(tx: Tx, names: readonly string[]): Promise<string[]> {
  const rows = await tx.$queryRaw<{ name: string }[]>`
    WITH RECURSIVE connected (name) AS (
      SELECT unnest(${[...names]}::text[])
      UNION
      SELECT next.name FROM connected CROSS JOIN LATERAL (
        SELECT unnest(event.names || event.transferred_to) FROM billing_events AS event
        WHERE event.type = 'TRANSFER'
          AND (event.names @> ARRAY[connected.name] OR event.transferred_to @> ARRAY[connected.name])
        UNION ALL
        SELECT unnest(array_remove(ARRAY[account.id::text, account.clerk_id], NULL) || ARRAY(
          SELECT alias.name FROM billing_names AS alias WHERE alias.user_id = account.id))
        FROM users AS account WHERE account.id IN (
          SELECT id FROM users WHERE clerk_id = connected.name
          UNION ALL SELECT ${asUserIdSql(Prisma.sql`connected.name`)}
          UNION ALL SELECT user_id FROM billing_names WHERE billing_names.name = connected.name)
      ) AS next (name))
    SELECT name FROM connected`
  return rows.map(({ name }) => name)
}
