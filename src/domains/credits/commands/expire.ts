import { type Database, notify } from '../../../platform/database/db.ts'
import { inBatches } from '../../../platform/database/in-batches.ts'
import { walletTopic } from '../topic.ts'

const batchSize = 500

/**
 * Removes expired credits from every wallet, each in its own transaction. Nothing depends on when it runs: expired
 * credits are excluded from balances and spends before that. Resolves to the number of wallets changed.
 */
export async function expireLots(db: Database, now: Date): Promise<number> {
  let changed = 0
  // The job runs once a day, so it has no time limit; a wallet takes some milliseconds.
  await inBatches({ size: batchSize, mostMs: Number.POSITIVE_INFINITY }, async (size) => {
    // Selects lots and groups them here: DISTINCT with LIMIT would read all expired lots in each batch.
    const due = await db.prisma.$queryRaw<{ userId: string }[]>`
      SELECT user_id AS "userId" FROM credit_lots
      WHERE is_open AND expires_at <= ${now}::timestamptz ORDER BY expires_at LIMIT ${size}`
    const wallets = new Set(due.map(({ userId }) => userId))
    for (const userId of wallets) {
      await db.transaction(async (tx) => {
        await tx.$queryRaw`SELECT credits_expire(${userId}::uuid, ${now}::timestamptz)`
        notify(tx, walletTopic(userId))
      })
    }
    changed += wallets.size
    return due.length
  })
  return changed
}
