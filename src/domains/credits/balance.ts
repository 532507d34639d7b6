import type { Reader } from '../../platform/database/db.ts'

/**
 * What each of these people can spend at `now`, in one statement: the wallet, less what has lapsed in it and was not
 * swept yet. Nobody without a wallet has any.
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
 * What each of these people owes: grants that were taken back after they were spent. What of such a grant has lapsed was
 * never spent, whether it was swept yet or not.
 */
export async function debtsOf(db: Reader, userIds: readonly string[], now: Date): Promise<ReadonlyMap<string, number>> {
  const rows = await db.$queryRaw<{ userId: string; owed: number }[]>`
    SELECT debt.user_id AS "userId", sum(greatest(0, owed - settled - forgiven - CASE
        WHEN lot.expires_at <= ${now}::timestamptz THEN lot.remaining ELSE 0 END))::int AS owed
    FROM credit_debts AS debt JOIN credit_lots AS lot ON lot.id = debt.grant_id
    WHERE debt.user_id = ANY(${[...userIds]}::uuid[]) GROUP BY debt.user_id`
  return new Map(rows.map(({ userId, owed }) => [userId, owed]))
}

export interface LapsingCredits {
  readonly amount: number
  readonly expiresAt: Date
}

/** What of a wallet lapses when, the soonest first. Bounded: a plan gives credits once a month. */
export async function lapsingOf(db: Reader, userId: string, now: Date): Promise<LapsingCredits[]> {
  return db.$queryRaw<LapsingCredits[]>`
    SELECT sum(remaining)::int AS amount, expires_at AS "expiresAt" FROM credit_lots
    WHERE user_id = ${userId}::uuid AND is_open AND expires_at > ${now}::timestamptz AND expires_at < 'infinity'
    GROUP BY expires_at ORDER BY expires_at LIMIT 100`
}
