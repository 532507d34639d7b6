import { v7 as uuidv7 } from 'uuid'
import { Prisma } from '../../generated/prisma/client.ts'
import { hint, type Tx } from '../../platform/database/db.ts'
import { NotInLedger } from './errors.ts'
import { runLedgerSql } from './post.ts'
import { walletTopic } from './topic.ts'

export interface Revocation {
  readonly userId: string
  /** The key of the grant that is taken back, whole and once. */
  readonly grantKey: string
  readonly description: string
  readonly now: Date
}

/**
 * Takes a grant back: from its own lot first, then from others, never below zero. What is missing is owed, and settled
 * from later releases and refunds only. Again: as once. Throws NotInLedger.
 */
export async function revoke(
  tx: Tx,
  { userId, grantKey, description, now }: Revocation,
): Promise<{ taken: number; owed: number }> {
  const [row] = await runLedgerSql<{ taken: number; owed: number }>(
    tx,
    Prisma.sql`SELECT taken, owed FROM credits_revoke(
      ${uuidv7({ msecs: now.getTime() })}::uuid, ${userId}::uuid, ${grantKey}, ${description}, ${now}::timestamptz)`,
    { PC003: () => new NotInLedger('There is no such grant.') },
  )
  hint(tx, walletTopic(userId))
  return row ?? { taken: 0, owed: 0 }
}
