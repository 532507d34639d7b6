import type { Meter } from '../../config/plans.ts'
import type { Tx } from '../../platform/database/db.ts'

/**
 * Gives back what is limited in TOTAL, never below zero; what a week or a month has counted stays counted. Belongs into
 * the transaction of the one conditional statement that ends what the amount was for, after all other rows that this
 * transaction changes.
 */
export async function giveBack(
  tx: Tx,
  { userId, meter, amount }: { userId: string; meter: Meter; amount: number },
): Promise<void> {
  await tx.$executeRaw`
    UPDATE usage_counters SET used = greatest(used - ${amount}::bigint, 0)
    WHERE user_id = ${userId}::uuid AND meter = ${meter}::"Meter" AND period = 'TOTAL'`
}
