import { v7 as uuidv7 } from 'uuid'
import { Prisma } from '../../../generated/prisma/client.ts'
import type { Tx } from '../../../platform/database/db.ts'
import { NotInLedger } from '../errors.ts'
import { type Posted, post } from './post.ts'

export interface Refund {
  readonly userId: string
  /** The key of the spend to refund, in full and once. */
  readonly spendKey: string
  readonly description: string
  readonly now: Date
}

/** Returns spent credits to the lots they came from. Repeating it has no further effect. Throws NotInLedger. */
export function refund(tx: Tx, { userId, spendKey, description, now }: Refund): Promise<Posted> {
  return post(
    tx,
    Prisma.sql`credits_refund(
      ${uuidv7({ msecs: now.getTime() })}::uuid, ${userId}::uuid, ${spendKey}, ${description}, ${now}::timestamptz)`,
    { PC003: () => new NotInLedger('The ledger has no spend with this key.') },
  )
}
