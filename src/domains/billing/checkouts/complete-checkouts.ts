import type { Tx } from '../../../platform/database/db.ts'

/** Clocks differ: the time of a purchase may be slightly before its checkout was created. */
const skewMs = 5 * 60_000

export interface CompletedPurchase {
  readonly userId: string
  /** Pacer's own key: plus-monthly. */
  readonly productKey: string
  readonly purchasedAt: Date
}

/**
 * Sets the user's checkouts of a purchased product to COMPLETED, also those that expired before the event of the purchase
 * was received. One idempotent statement. Resolves to the number of completed checkouts.
 */
export async function completeCheckouts(
  tx: Tx,
  { userId, productKey, purchasedAt }: CompletedPurchase,
): Promise<number> {
  const { count } = await tx.checkout.updateMany({
    where: {
      userId,
      productKey,
      status: { in: ['PENDING', 'READY', 'EXPIRED'] },
      createdAt: { lte: new Date(purchasedAt.getTime() + skewMs) },
      expiresAt: { gte: purchasedAt },
    },
    data: { status: 'COMPLETED', nextAttemptAt: null },
  })
  return count
}
