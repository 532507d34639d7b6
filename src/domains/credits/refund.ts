import { v7 as uuidv7 } from 'uuid'
import { Prisma } from '../../generated/prisma/client.ts'
import type { Tx } from '../../platform/database/db.ts'
import { NotInLedger } from './errors.ts'
import { type Posted, post } from './post.ts'

export interface Refund {
  readonly userId: string
  /** The key of the spending that is given back, whole and once. */
  readonly spendKey: string
  readonly description: string
  readonly now: Date
}

/** Gives a spending back to the lots it came from. Again: as once. Throws NotInLedger. */
export function refund(tx: Tx, { userId, spendKey, description, now }: Refund): Promise<Posted> {
  return post(
    tx,
    Prisma.sql`credits_refund(
      ${uuidv7({ msecs: now.getTime() })}::uuid, ${userId}::uuid, ${spendKey}, ${description}, ${now}::timestamptz)`,
    { PC003: () => new NotInLedger('There is no such spending.') },
  )
}
