import { v7 as uuidv7 } from 'uuid'
import { Prisma } from '../../generated/prisma/client.ts'
import type { Tx } from '../../platform/database/db.ts'
import { checkAmount } from './check-entry.ts'
import { type HoldEnding, refusalsOf } from './end-hold.ts'
import { type Posted, post } from './post.ts'

/**
 * Spends what was held, all of it or a part; the rest is released with it. What lapses soonest is spent first.
 * Throws HoldEnded, CaptureTooLarge, NotInLedger.
 */
export function capture(tx: Tx, ending: HoldEnding & { readonly amount?: number }): Promise<Posted> {
  const { reference, amount = null, description, now } = ending
  if (amount !== null) checkAmount(amount)
  return post(
    tx,
    Prisma.sql`credits_capture(
      ${uuidv7({ msecs: now.getTime() })}::uuid, ${reference}, ${amount}::int, ${description}, ${now}::timestamptz)`,
    refusalsOf(reference),
  )
}
