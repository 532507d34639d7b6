import type { Tx } from '../../../platform/database/db.ts'
import type { Meter } from '../limits.ts'

/**
 * Decrements the TOTAL counter of a meter, never below zero. Counters of a week or a month are not changed. Call it in the
 * transaction whose conditional statement ends the use, after all other changes of that transaction: the counter's row is
 * locked last, so that no two transactions deadlock.
 */
export async function decrementUsage(
  tx: Tx,
  { userId, meter, amount }: { userId: string; meter: Meter; amount: number },
): Promise<void> {
  await tx.$executeRaw`
    UPDATE usage_counters SET used = greatest(used - ${amount}::bigint, 0)
    WHERE user_id = ${userId}::uuid AND meter = ${meter}::"Meter" AND period = 'TOTAL'`
}
