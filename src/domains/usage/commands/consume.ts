import type { Tx } from '../../../platform/database/db.ts'
import { QuotaExceeded } from '../errors.ts'
import type { Meter, PlanLimit } from '../limits.ts'
import { type CountedOf, readCounters } from '../queries/read-counters.ts'

/** The amount of each meter to count: integers. */
export type Amounts = Readonly<Partial<Record<Meter, number>>>

export interface Consumption {
  readonly userId: string
  readonly amounts: Amounts
  /** The limits of the user's plan. */
  readonly limits: readonly PlanLimit[]
  readonly now: Date
}

interface RequestedAmount extends PlanLimit {
  readonly amount: number
}

/**
 * Counts amounts in every period in which they are limited, or throws QuotaExceeded. The transaction must then be rolled
 * back, which undoes the counts of other meters. One conditional statement decides, so concurrent calls are safe.
 *
 * The statement before it only computes the next window. If a concurrent call starts that window, its row exists and is
 * incremented.
 */
export async function consume(tx: Tx, { userId, amounts, limits, now }: Consumption): Promise<void> {
  const requested = limits.flatMap((limit) => {
    const amount = amounts[limit.meter]
    return amount === undefined ? [] : [{ ...limit, amount }]
  })
  const counted = await countersOf(tx, userId, now)
  const taken = await increment(tx, { userId, requested, counted, now })
  const refused = requested.filter(({ meter, period }) => !taken.has(`${meter} ${period}`))
  if (refused.length > 0) throw quotaExceeded(refused, await countersOf(tx, userId, now))
}

async function countersOf(tx: Tx, userId: string, now: Date): Promise<CountedOf> {
  const counted = (await readCounters(tx, [userId], now)).get(userId)
  if (!counted) throw new Error(`There is no user ${userId}.`)
  return counted
}

interface IncrementInput extends Pick<Consumption, 'userId' | 'now'> {
  readonly requested: readonly RequestedAmount[]
  readonly counted: CountedOf
}

/** Increments in a fixed order, so that concurrent calls cannot deadlock. Resolves to the counters that had enough left. */
async function increment(tx: Tx, { userId, requested, counted, now }: IncrementInput): Promise<ReadonlySet<string>> {
  const rows = requested.map((each) => {
    const { startsAt, endsAt } = counted(each.meter, each.period).window
    return { ...each, startsAt, endsAt }
  })
  const taken = await tx.$queryRaw<{ name: string }[]>`
    WITH requested AS (
      SELECT * FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS requested (
        meter "Meter", period "QuotaPeriod", amount bigint, "limit" bigint, "startsAt" timestamptz, "endsAt" timestamptz)
    )
    INSERT INTO usage_counters AS counter (user_id, meter, period, used, starts_at, ends_at)
    SELECT ${userId}::uuid, meter, period, amount, "startsAt", "endsAt" FROM requested
    WHERE amount <= "limit" ORDER BY meter, period
    ON CONFLICT (user_id, meter, period) DO UPDATE SET
      used = CASE WHEN counter.ends_at <= ${now}::timestamptz THEN 0 ELSE counter.used END + excluded.used,
      starts_at = CASE WHEN counter.ends_at <= ${now}::timestamptz THEN excluded.starts_at ELSE counter.starts_at END,
      ends_at = CASE WHEN counter.ends_at <= ${now}::timestamptz THEN excluded.ends_at ELSE counter.ends_at END
    WHERE CASE WHEN counter.ends_at <= ${now}::timestamptz THEN 0 ELSE counter.used END + excluded.used
      <= (SELECT "limit" FROM requested WHERE requested.meter = counter.meter AND requested.period = counter.period)
    RETURNING meter || ' ' || period AS name`
  return new Set(taken.map(({ name }) => name))
}

/** The exceeded limit with the latest reset: after an earlier reset the request would still be refused. */
function quotaExceeded(refused: readonly RequestedAmount[], counted: CountedOf): QuotaExceeded {
  const quotas = refused.map(({ meter, period, limit }) => {
    const { used, window } = counted(meter, period)
    return { meter, period, limit, used, resetAt: window.endsAt }
  })
  const until = ({ resetAt }: { resetAt: Date | null }) => resetAt?.getTime() ?? Number.POSITIVE_INFINITY
  return new QuotaExceeded(quotas.reduce((one, other) => (until(other) > until(one) ? other : one)))
}
