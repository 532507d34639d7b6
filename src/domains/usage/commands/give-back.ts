import type { Tx } from '../../../platform/database/db.ts'
import type { Meter } from '../limits.ts'

export interface ReturnedUsage {
  readonly userId: string
  readonly meter: Meter
  /** What was consumed: an integer. */
  readonly amount: number
  /** The `now` of the call of consume. */
  readonly consumedAt: Date
}

/**
 * Gives a consumed amount back in every period in which it still counts: in TOTAL, and in the week and the month that
 * contain `consumedAt`. A counter never goes below zero, and a later window is not changed.
 *
 * Call it in the transaction whose conditional statement ends the use, after all other changes of that transaction, and
 * for several meters in the order of the enum Meter: counters are locked last and in the order in which `consume` locks
 * them, so that no two transactions deadlock.
 */
export async function giveBack(tx: Tx, { userId, meter, amount, consumedAt }: ReturnedUsage): Promise<void> {
  await tx.$executeRaw`
    UPDATE usage_counters SET used = greatest(used - ${amount}::bigint, 0)
    WHERE user_id = ${userId}::uuid AND meter = ${meter}::"Meter" AND period = ANY(ARRAY(
      SELECT period FROM usage_counters
      WHERE user_id = ${userId}::uuid AND meter = ${meter}::"Meter"
        AND (period = 'TOTAL' OR (starts_at <= ${consumedAt}::timestamptz AND ends_at > ${consumedAt}::timestamptz))
      ORDER BY period FOR UPDATE))`
}
