import { v7 as uuidv7 } from 'uuid'
import { Prisma } from '../../../generated/prisma/client.ts'
import type { Tx } from '../../../platform/database/db.ts'
import { NotInLedger } from '../errors.ts'
import { creditMessages } from '../messages.ts'
import { type Posted, post } from './post.ts'

export interface Refund {
  readonly userId: string
  /** The key of the spend to refund, in full and once. */
  readonly spendKey: string
  /** Fixed: text of or about the user belongs into `personalText`. */
  readonly description: string
  /** What the user sees instead of the description. Erased with the user. */
  readonly personalText?: string
  readonly now: Date
}

/** Returns spent credits to the lots they came from. Repeating it has no further effect. Throws NotInLedger. */
export function refund(tx: Tx, input: Refund): Promise<Posted> {
  const { userId, spendKey, description, personalText = null, now } = input
  return post(
    tx,
    Prisma.sql`credits_refund(
      ${uuidv7({ msecs: now.getTime() })}::uuid, ${userId}::uuid, ${spendKey}, ${description}, ${now}::timestamptz,
      ${personalText})`,
    { PC003: () => new NotInLedger(creditMessages.noSpend()) },
  )
}
