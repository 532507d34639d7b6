import type { Database } from '../../../platform/database/db.ts'
import { type RunQuery, readSnapshot } from '../../../platform/database/snapshot.ts'

/** A rule for all rows, and a query that finds the rows that violate it. */
interface Invariant {
  readonly name: string
  /** Returns one row for each mismatch: a text that identifies it. */
  readonly sql: string
}

export interface Verdict {
  readonly name: string
  readonly mismatches: number
  /** The first mismatch: ids and values; null without one. */
  readonly example: string | null
}

/** The slowest query takes 0.6 s for 200,000 transactions; the pool's limit of 10 s would be too short for millions. */
const statementMs = 15 * 60_000

/**
 * Checks all invariants of the ledger in one snapshot, so that concurrent writes cause no false mismatch. It reads every
 * row: for the nightly job and the CLI, not for requests.
 */
export function verifyLedger({ pool }: Database): Promise<Verdict[]> {
  return readSnapshot(pool, { statementMs }, checkInvariants)
}

/** Checks all invariants in an open transaction. */
export async function checkInvariants(query: RunQuery): Promise<Verdict[]> {
  const verdicts: Verdict[] = []
  for (const { name, sql } of invariants) {
    const rows = await query<{ mismatches: number; example: string | null }>(
      `SELECT count(*)::int AS mismatches, min(mismatch) AS example FROM (${sql}) AS found (mismatch)`,
    )
    verdicts.push({ name, mismatches: rows[0]?.mismatches ?? 0, example: rows[0]?.example ?? null })
  }
  return verdicts
}

const invariants: readonly Invariant[] = [
  {
    name: 'the entries of each transaction sum to zero',
    sql: `SELECT 'transaction ' || transaction_id || ': ' || sum(amount) FROM ledger_entries
          GROUP BY transaction_id HAVING sum(amount) <> 0`,
  },
  {
    name: 'each transaction has two entries, and that of the wallet equals its amount',
    sql: `SELECT 'transaction ' || t.id FROM credit_transactions AS t
          LEFT JOIN ledger_entries AS e ON e.transaction_id = t.id
          LEFT JOIN ledger_accounts AS a ON a.id = e.account_id
          GROUP BY t.id, t.user_id, t.amount
          HAVING count(e.amount) <> 2 OR COALESCE(sum(e.amount) FILTER (WHERE a.user_id = t.user_id), 0) <> t.amount`,
  },
  {
    name: 'the balance of each wallet is the sum of its entries',
    sql: `SELECT 'wallet of ' || a.user_id || ': ' || a.balance || ', entries ' || COALESCE(sum(e.amount), 0)
          FROM ledger_accounts AS a LEFT JOIN ledger_entries AS e ON e.account_id = a.id
          WHERE a.kind = 'WALLET' GROUP BY a.id HAVING a.balance <> COALESCE(sum(e.amount), 0)`,
  },
  {
    name: 'each balance after is the previous balance plus the amount, without a gap in the sequence',
    sql: `SELECT 'transaction ' || id FROM (
            SELECT id, sequence, balance_after,
              row_number() OVER wallet AS place, sum(amount) OVER wallet AS running
            FROM credit_transactions WINDOW wallet AS (PARTITION BY user_id ORDER BY sequence)) AS t
          WHERE balance_after <> running OR sequence <> place`,
  },
  {
    name: 'each wallet has the sequence of its newest transaction',
    sql: `SELECT 'wallet of ' || a.user_id FROM ledger_accounts AS a
          LEFT JOIN credit_transactions AS t ON t.user_id = a.user_id
          WHERE a.kind = 'WALLET' GROUP BY a.id HAVING a.last_sequence <> COALESCE(max(t.sequence), 0)`,
  },
  {
    name: 'each grant has one lot with its user, amount and expiry',
    sql: `SELECT 'grant ' || COALESCE(t.id, l.id) FROM credit_lots AS l
          FULL JOIN (SELECT * FROM credit_transactions WHERE kind IN ('GRANT', 'PURCHASE')) AS t ON t.id = l.id
          WHERE (l.user_id, l.granted, l.expires_at) IS DISTINCT FROM
            (t.user_id, t.amount, COALESCE(t.expires_at, 'infinity'))`,
  },
  {
    name: 'what is left of each lot is the sum of its movements',
    sql: `SELECT 'lot ' || l.id || ': ' || l.remaining || ', movements ' || COALESCE(sum(m.amount), 0)
          FROM credit_lots AS l LEFT JOIN credit_lot_movements AS m ON m.lot_id = l.id
          GROUP BY l.id HAVING l.remaining <> COALESCE(sum(m.amount), 0)`,
  },
  {
    name: 'the movements of each transaction sum to its amount',
    sql: `SELECT 'transaction ' || t.id FROM credit_transactions AS t
          LEFT JOIN credit_lot_movements AS m ON m.transaction_id = t.id
          GROUP BY t.id HAVING COALESCE(sum(m.amount), 0) <> t.amount`,
  },
  {
    name: 'the balance of each wallet is the sum of what is left of its lots',
    sql: `SELECT 'wallet of ' || a.user_id || ': ' || a.balance || ', lots ' || COALESCE(sum(l.remaining), 0)
          FROM ledger_accounts AS a LEFT JOIN credit_lots AS l ON l.user_id = a.user_id
          WHERE a.kind = 'WALLET' GROUP BY a.id HAVING a.balance <> COALESCE(sum(l.remaining), 0)`,
  },
  {
    name: 'open holds sum to the balance of the holds account',
    sql: `SELECT 'holds ' || held || ', account ' || kept FROM (
            SELECT (SELECT COALESCE(sum(amount), 0) FROM credit_holds WHERE state = 'HELD') AS held,
              (SELECT COALESCE(sum(amount), 0) FROM ledger_entries WHERE account_id = ledger_account('HOLDS')) AS kept) AS h
          WHERE held <> kept`,
  },
  {
    name: 'each hold has the transactions of its state',
    sql: `SELECT 'hold ' || h.reference FROM credit_holds AS h
          LEFT JOIN credit_transactions AS t ON t.user_id = h.user_id AND t.reference = h.reference
          GROUP BY h.id
          HAVING COALESCE(sum(t.requested) FILTER (WHERE t.kind = 'HOLD'), 0) <> h.amount
            OR COALESCE(sum(t.requested) FILTER (WHERE t.kind = 'CAPTURE'), 0) <> COALESCE(h.captured, 0)
            OR COALESCE(sum(t.requested) FILTER (WHERE t.kind = 'RELEASE'), 0) <> CASE h.state
              WHEN 'HELD' THEN 0 WHEN 'RELEASED' THEN h.amount ELSE h.amount - h.captured END`,
  },
  {
    name: 'the settled part of each debt is the sum of its transactions',
    sql: `SELECT 'debt ' || d.id FROM credit_debts AS d
          LEFT JOIN credit_transactions AS t
            ON t.user_id = d.user_id AND t.kind = 'REVOCATION' AND t.reference = d.id::text
          GROUP BY d.id HAVING d.settled <> -COALESCE(sum(t.amount), 0)`,
  },
  {
    name: 'the debt of a revoked grant is what the wallet could not pay, and what expires later is forgiven',
    sql: `SELECT 'grant ' || grant_id FROM (
            SELECT g.id AS grant_id, g.amount + COALESCE(r.amount, 0) - COALESCE(d.owed, 0) AS expired_before,
              COALESCE(l.expired, 0) AS expired, r.id IS NOT NULL AS is_dated, COALESCE(l.before, 0) AS before,
              COALESCE(d.owed - d.settled, 0) AS unsettled, COALESCE(d.forgiven, 0) AS forgiven,
              d.id IS NULL OR (d.user_id = g.user_id AND EXISTS (
                SELECT FROM ledger_entries AS e
                WHERE e.transaction_id = g.id AND e.account_id = d.account_id AND e.amount < 0)) AS is_of_grant
            FROM (SELECT * FROM credit_transactions WHERE kind IN ('GRANT', 'PURCHASE')) AS g
            LEFT JOIN credit_debts AS d ON d.grant_id = g.id
            LEFT JOIN credit_transactions AS r ON r.user_id = g.user_id AND r.key = 'revoke:' || g.key
            LEFT JOIN LATERAL (
              SELECT -sum(m.amount) AS expired, -sum(m.amount) FILTER (WHERE t.sequence < r.sequence) AS before
              FROM credit_lot_movements AS m JOIN credit_transactions AS t ON t.id = m.transaction_id
              WHERE m.lot_id = g.id AND t.kind = 'EXPIRY') AS l ON true
            WHERE d.id IS NOT NULL OR r.id IS NOT NULL) AS revoked
          WHERE NOT is_of_grant OR expired_before NOT BETWEEN 0 AND expired OR (is_dated AND expired_before <> before)
            OR forgiven <> least(expired - expired_before, unsettled)`,
  },
  {
    name: 'each key is used once per user',
    sql: `SELECT 'key ' || key || ' of ' || user_id FROM credit_transactions
          GROUP BY user_id, key HAVING count(*) > 1`,
  },
]
