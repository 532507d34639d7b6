import type { Meter, PlanLimit } from '../../config/plans.ts'
import type { Tx } from '../../platform/database/db.ts'
import { QuotaExceeded } from './errors.ts'
import { type CountedOf, readCounters } from './read-counters.ts'

/** What is to be used of each meter: whole numbers. */
export type Amounts = Readonly<Partial<Record<Meter, number>>>

export interface Consumption {
  readonly userId: string
  readonly amounts: Amounts
  /** Of the person's plan. */
  readonly limits: readonly PlanLimit[]
  readonly now: Date
}

interface Wish extends PlanLimit {
  readonly amount: number
}

/**
 * Counts what is used, in every period in which it is limited, or throws QuotaExceeded, with which the transaction must
 * end: it undoes what other meters have counted. One conditional statement decides, whatever is done at the same time.
 *
 * The statement that reads before it only says which window would be next. If another one begins that window meanwhile,
 * its row is there and counts on.
 */
export async function consume(tx: Tx, { userId, amounts, limits, now }: Consumption): Promise<void> {
  const wishes = limits.flatMap((limit) => {
    const amount = amounts[limit.meter]
    return amount === undefined ? [] : [{ ...limit, amount }]
  })
  const counted = await countersOf(tx, userId, now)
  const taken = await take(tx, { userId, wishes, counted, now })
  const refused = wishes.filter(({ meter, period }) => !taken.has(`${meter} ${period}`))
  if (refused.length > 0) throw quotaExceeded(refused, await countersOf(tx, userId, now))
}

async function countersOf(tx: Tx, userId: string, now: Date): Promise<CountedOf> {
  const counted = (await readCounters(tx, [userId], now)).get(userId)
  if (!counted) throw new Error(`There is no user ${userId}.`)
  return counted
}

interface Taking extends Pick<Consumption, 'userId' | 'now'> {
  readonly wishes: readonly Wish[]
  readonly counted: CountedOf
}

/** Always in one order, so that two who take several cannot deadlock. Resolves to what had enough left. */
async function take(tx: Tx, { userId, wishes, counted, now }: Taking): Promise<ReadonlySet<string>> {
  const rows = wishes.map((wish) => {
    const { startsAt, endsAt } = counted(wish.meter, wish.period).window
    return { ...wish, startsAt, endsAt }
  })
  const taken = await tx.$queryRaw<{ name: string }[]>`
    WITH wish AS (
      SELECT * FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS wish (
        meter "Meter", period "QuotaPeriod", amount bigint, "limit" bigint, "startsAt" timestamptz, "endsAt" timestamptz)
    )
    INSERT INTO usage_counters AS counter (user_id, meter, period, used, starts_at, ends_at)
    SELECT ${userId}::uuid, meter, period, amount, "startsAt", "endsAt" FROM wish
    WHERE amount <= "limit" ORDER BY meter, period
    ON CONFLICT (user_id, meter, period) DO UPDATE SET
      used = CASE WHEN counter.ends_at <= ${now}::timestamptz THEN 0 ELSE counter.used END + excluded.used,
      starts_at = CASE WHEN counter.ends_at <= ${now}::timestamptz THEN excluded.starts_at ELSE counter.starts_at END,
      ends_at = CASE WHEN counter.ends_at <= ${now}::timestamptz THEN excluded.ends_at ELSE counter.ends_at END
    WHERE CASE WHEN counter.ends_at <= ${now}::timestamptz THEN 0 ELSE counter.used END + excluded.used
      <= (SELECT "limit" FROM wish WHERE wish.meter = counter.meter AND wish.period = counter.period)
    RETURNING meter || ' ' || period AS name`
  return new Set(taken.map(({ name }) => name))
}

/** Of several that refuse, the one that does so the longest: a person who waits for another would be refused again. */
function quotaExceeded(refused: readonly Wish[], counted: CountedOf): QuotaExceeded {
  const quotas = refused.map(({ meter, period, limit }) => {
    const { used, window } = counted(meter, period)
    return { meter, period, limit, used, resetAt: window.endsAt }
  })
  const until = ({ resetAt }: { resetAt: Date | null }) => resetAt?.getTime() ?? Number.POSITIVE_INFINITY
  return new QuotaExceeded(quotas.reduce((one, other) => (until(other) > until(one) ? other : one)))
}
