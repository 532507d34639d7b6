import type { Tx } from '../../platform/database/db.ts'

/** Clocks differ: a purchase may seem to be made a little before its checkout. */
const skewMs = 5 * 60_000

export interface Bought {
  readonly userId: string
  /** Ours: plus-monthly. */
  readonly productKey: string
  readonly purchasedAt: Date
}

/**
 * A purchase came: the person's checkouts of that product are COMPLETED, those too that were given up before the news of
 * it arrived. One statement; again changes nothing. Resolves to how many it completed.
 */
export async function completeCheckouts(tx: Tx, { userId, productKey, purchasedAt }: Bought): Promise<number> {
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
