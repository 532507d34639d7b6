import { Prisma } from '../../generated/prisma/client.ts'
import type { Tx } from '../../platform/database/db.ts'
import { asOurId } from './who-is.ts'

/*
 * Purchases are locked by names of RevenueCat's and by keys of subscriptions, of which there may be no row yet: so by
 * advisory locks, first of names, then of keys, each in order, and wallets after them. Two transactions of which one may
 * change what the other folds share a name or a key, so the second one reads what the first one wrote.
 */

/**
 * Locks all names that purchases can have come from or gone to, from these on: those of the same people, and what
 * TRANSFERs connect with them. Answers them. Should others be connected while it waits, it lets go and begins anew with
 * all of them: two who take locks out of order would wait for each other.
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

/** Locks names without looking further. */
export function lockNames(tx: Tx, names: readonly string[]): Promise<void> {
  return lock(tx, names, 'billing name:')
}

/** Locks subscriptions and packs. Names are locked before. */
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

/** These names, and all that are connected with them over people and TRANSFERs, however far. */
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
        SELECT unnest(array_remove(ARRAY[person.id::text, person.clerk_id], NULL) || ARRAY(
          SELECT said.name FROM billing_names AS said WHERE said.user_id = person.id))
        FROM users AS person WHERE person.id IN (
          SELECT id FROM users WHERE clerk_id = connected.name
          UNION ALL SELECT ${asOurId(Prisma.sql`connected.name`)}
          UNION ALL SELECT user_id FROM billing_names WHERE billing_names.name = connected.name)
      ) AS next (name))
    SELECT name FROM connected`
  return rows.map(({ name }) => name)
}
