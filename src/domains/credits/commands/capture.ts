import { v7 as uuidv7 } from 'uuid'
import { Prisma } from '../../../generated/prisma/client.ts'
import type { Tx } from '../../../platform/database/db.ts'
import { checkAmount } from './check-entry.ts'
import { errorsOfHold, type HoldEnding } from './end-hold.ts'
import { type Posted, post } from './post.ts'

/**
 * Spends held credits, all of them or a part; the rest is released. Credits that expire first are spent first.
 * Throws HoldEnded, CaptureTooLarge, NotInLedger.
 */
export function capture(tx: Tx, ending: HoldEnding & { readonly amount?: number }): Promise<Posted> {
  const { reference, amount = null, description, personalText = null, now } = ending
  if (amount !== null) checkAmount(amount)
  return post(
    tx,
    Prisma.sql`credits_capture(
      ${uuidv7({ msecs: now.getTime() })}::uuid, ${reference}, ${amount}::int, ${description}, ${now}::timestamptz,
      ${personalText})`,
    errorsOfHold(reference),
  )
}
