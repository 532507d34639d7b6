import { v7 as uuidv7 } from 'uuid'
import { Prisma } from '../../../generated/prisma/client.ts'
import { notify, type Tx } from '../../../platform/database/db.ts'
import { enqueue } from '../../../platform/jobs/define-job.ts'
import { NotInLedger } from '../errors.ts'
import { notifyRevoked } from '../job-types.ts'
import { creditMessages } from '../messages.ts'
import { walletTopic } from '../topic.ts'
import { runLedgerSql } from './post.ts'

export interface Revocation {
  readonly userId: string
  /** The key of the grant to revoke, in full and once. */
  readonly grantKey: string
  readonly description: string
  readonly now: Date
}

/**
 * Revokes a grant: takes its credits from its own lot first, then from others, never below zero. The rest is owed, and
 * settled only from later releases and refunds. The user is notified. Repeating it has no further effect. Throws
 * NotInLedger.
 */
export async function revoke(
  tx: Tx,
  { userId, grantKey, description, now }: Revocation,
): Promise<{ taken: number; owed: number }> {
  const transactionId = uuidv7({ msecs: now.getTime() })
  const [row] = await runLedgerSql<{ taken: number; owed: number }>(
    tx,
    Prisma.sql`SELECT taken, owed FROM credits_revoke(
      ${transactionId}::uuid, ${userId}::uuid, ${grantKey}, ${description}, ${now}::timestamptz)`,
    { PC003: () => new NotInLedger(creditMessages.noGrant()) },
  )
  await enqueue(tx, notifyRevoked, { transactionId })
  notify(tx, walletTopic(userId))
  return row ?? { taken: 0, owed: 0 }
}
