import { v7 as uuidv7 } from 'uuid'
import { Prisma } from '../../../generated/prisma/client.ts'
import type { Tx } from '../../../platform/database/db.ts'
import { errorsOfHold, type HoldEnding } from './end-hold.ts'
import { type Posted, post } from './post.ts'

/** Returns held credits to the lots they came from; expired ones expire at once. Throws HoldEnded, NotInLedger. */
export function release(tx: Tx, ending: HoldEnding): Promise<Posted> {
  const { reference, description, personalText = null, now } = ending
  return post(
    tx,
    Prisma.sql`credits_release(
      ${uuidv7({ msecs: now.getTime() })}::uuid, ${reference}, ${description}, ${now}::timestamptz,
      ${personalText})`,
    errorsOfHold(reference),
  )
}
