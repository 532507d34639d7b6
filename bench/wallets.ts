import { v7 as uuidv7 } from 'uuid'
import type { Database } from '../src/platform/database/db.ts'

/** Postgres keeps every version of the wallet's row until the transaction ends and scans all of them. */
const grantsOfTransaction = 500

/** Grants a user `lots` lots of `each` credits with the ledger's function. */
export async function giveLots(
  db: Database,
  userId: string,
  { lots, each }: { readonly lots: number; readonly each: number },
): Promise<void> {
  for (let given = 0; given < lots; given += grantsOfTransaction) {
    await db.pool.query(
      `SELECT credits_grant(uuid_v7(now()), $1, $2, 'PURCHASES', 'lot ' || n, 'Bought credits', NULL, NULL, now())
       FROM generate_series($3::int, $4::int) AS n`,
      [userId, each, given + 1, Math.min(given + grantsOfTransaction, lots)],
    )
  }
}

export async function createUser(db: Database): Promise<string> {
  const { id } = await db.prisma.user.create({ data: { clerkId: `user_${uuidv7()}`, createdAt: new Date() } })
  return id
}

/**
 * Writes the rows that years of buying and spending ten credits would leave, without running 100,000 commands: half of
 * the transactions are purchases, each followed by a spend that empties its lot. `ledger verify` passes on them. Needs
 * the owner of the tables, since it disables their triggers.
 */
export async function writeHistory(db: Database, userId: string, transactions: number): Promise<void> {
  const client = await db.pool.connect()
  try {
    await client.query('BEGIN; SET LOCAL session_replication_role = replica')
    for (const sql of statementsOf(transactions)) await client.query(sql.text, sql.takesUserId ? [userId] : [])
    await client.query('COMMIT')
    await client.query('ANALYZE')
  } finally {
    client.release()
  }
}

function statementsOf(transactions: number): readonly { readonly text: string; readonly takesUserId?: true }[] {
  return [
    {
      text: `CREATE TEMP TABLE history ON COMMIT DROP AS
             SELECT place, place % 2 = 1 AS is_purchase, at, uuid_v7(at) AS id
             FROM generate_series(1, ${transactions}) AS place,
               LATERAL (SELECT now() - (${transactions} - place + 1) * interval '10 minutes' AS at) AS moment`,
    },
    {
      text: `INSERT INTO ledger_accounts (id, kind, user_id, balance, last_sequence)
             VALUES (gen_random_uuid(), 'WALLET', $1, 0, ${transactions})`,
      takesUserId: true,
    },
    {
      text: `INSERT INTO credit_transactions (
               id, user_id, sequence, kind, amount, requested, balance_after, key, description, created_at)
             SELECT id, $1::uuid, place,
               (CASE WHEN is_purchase THEN 'PURCHASE' ELSE 'SPEND' END)::"CreditTransactionKind",
               CASE WHEN is_purchase THEN 10 ELSE -10 END, 10, CASE WHEN is_purchase THEN 10 ELSE 0 END,
               'history ' || place, 'History', at
             FROM history`,
      takesUserId: true,
    },
    {
      text: `INSERT INTO ledger_entries (transaction_id, account_id, amount)
             SELECT history.id, account.id, amount FROM history
             CROSS JOIN LATERAL (VALUES
               (CASE WHEN is_purchase THEN ledger_account('PURCHASES') ELSE ledger_account('SPENDING') END,
                CASE WHEN is_purchase THEN -10 ELSE 10 END),
               ((SELECT id FROM ledger_accounts WHERE user_id = $1), CASE WHEN is_purchase THEN 10 ELSE -10 END)
             ) AS account (id, amount)`,
      takesUserId: true,
    },
    {
      text: `INSERT INTO credit_lots (id, user_id, granted, remaining, expires_at, created_at)
             SELECT id, $1::uuid, 10, 0, 'infinity', at FROM history WHERE is_purchase`,
      takesUserId: true,
    },
    {
      text: `INSERT INTO credit_lot_movements (transaction_id, lot_id, amount)
             SELECT step.id, COALESCE(bought.id, step.id), CASE WHEN step.is_purchase THEN 10 ELSE -10 END
             FROM history AS step
             LEFT JOIN history AS bought ON NOT step.is_purchase AND bought.place = step.place - 1`,
    },
  ]
}
