import type { Reader } from '../../../platform/database/db.ts'

/**
 * The credits that each of these users can spend at `now`, in one statement: the balance of the wallet without lots that
 * have expired but were not swept yet. Users without a wallet are not in the result.
 */
export async function balancesOf(
  db: Reader,
  userIds: readonly string[],
  now: Date,
): Promise<ReadonlyMap<string, number>> {
  const rows = await db.$queryRaw<{ userId: string; balance: number }[]>`
    SELECT user_id AS "userId", (balance - COALESCE((
      SELECT sum(remaining) FROM credit_lots AS lot
      WHERE lot.user_id = wallet.user_id AND is_open AND expires_at <= ${now}::timestamptz), 0))::int AS balance
    FROM ledger_accounts AS wallet WHERE user_id = ANY(${[...userIds]}::uuid[])`
  return new Map(rows.map(({ userId, balance }) => [userId, balance]))
}

/**
 * The credits that each of these users owes: grants that were revoked after they had been spent. The expired part of such
 * a grant was never spent, so it is not owed, whether it was swept or not.
 */
export async function debtsOf(db: Reader, userIds: readonly string[], now: Date): Promise<ReadonlyMap<string, number>> {
  const rows = await db.$queryRaw<{ userId: string; owed: number }[]>`
    SELECT debt.user_id AS "userId", sum(greatest(0, owed - settled - forgiven - CASE
        WHEN lot.expires_at <= ${now}::timestamptz THEN lot.remaining ELSE 0 END))::int AS owed
    FROM credit_debts AS debt JOIN credit_lots AS lot ON lot.id = debt.grant_id
    WHERE debt.user_id = ANY(${[...userIds]}::uuid[]) GROUP BY debt.user_id`
  return new Map(rows.map(({ userId, owed }) => [userId, owed]))
}

export interface ExpiringCredits {
  readonly amount: number
  readonly expiresAt: Date
}

/** The credits of a wallet that expire, by expiry, earliest first. Bounded: a plan grants credits once a month. */
export async function expiringOf(db: Reader, userId: string, now: Date): Promise<ExpiringCredits[]> {
  return db.$queryRaw<ExpiringCredits[]>`
    SELECT sum(remaining)::int AS amount, expires_at AS "expiresAt" FROM credit_lots
    WHERE user_id = ${userId}::uuid AND is_open AND expires_at > ${now}::timestamptz AND expires_at < 'infinity'
    GROUP BY expires_at ORDER BY expires_at LIMIT 100`
}
