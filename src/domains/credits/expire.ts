import { type Database, hint } from '../../platform/database/db.ts'
import { walletTopic } from './topic.ts'

const batchSize = 500

/**
 * Takes what has lapsed out of every wallet, one transaction each. Nothing depends on when it runs: what has lapsed is
 * neither spent nor shown before. Resolves to how many wallets it touched.
 */
export async function expireLots(db: Database, now: Date): Promise<number> {
  let touched = 0
  for (;;) {
    const due = await db.prisma.$queryRaw<{ userId: string }[]>`
      SELECT DISTINCT user_id AS "userId" FROM credit_lots
      WHERE is_open AND expires_at <= ${now}::timestamptz LIMIT ${batchSize}`
    for (const { userId } of due) {
      await db.transaction(async (tx) => {
        await tx.$queryRaw`SELECT credits_expire(${userId}::uuid, ${now}::timestamptz)`
        hint(tx, walletTopic(userId))
      })
    }
    touched += due.length
    if (due.length < batchSize) return touched
  }
}
