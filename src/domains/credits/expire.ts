import { type Database, hint } from '../../platform/database/db.ts'
import { inBatches } from '../../platform/database/in-batches.ts'
import { walletTopic } from './topic.ts'

const batchSize = 500

/**
 * Takes what has lapsed out of every wallet, one transaction each. Nothing depends on when it runs: what has lapsed is
 * neither spent nor shown before. Resolves to how many wallets it touched.
 */
export async function expireLots(db: Database, now: Date): Promise<number> {
  let touched = 0
  // Once a day, so until all of it is done: a wallet takes some milliseconds.
  await inBatches({ size: batchSize, mostMs: Number.POSITIVE_INFINITY }, async (size) => {
    // The oldest lots and then their wallets: DISTINCT with a LIMIT would read all that is due each time.
    const due = await db.prisma.$queryRaw<{ userId: string }[]>`
      SELECT user_id AS "userId" FROM credit_lots
      WHERE is_open AND expires_at <= ${now}::timestamptz ORDER BY expires_at LIMIT ${size}`
    const wallets = new Set(due.map(({ userId }) => userId))
    for (const userId of wallets) {
      await db.transaction(async (tx) => {
        await tx.$queryRaw`SELECT credits_expire(${userId}::uuid, ${now}::timestamptz)`
        hint(tx, walletTopic(userId))
      })
    }
    touched += wallets.size
    return due.length
  })
  return touched
}
