import { v7 as uuidv7 } from 'uuid'
import { Prisma } from '../../generated/prisma/client.ts'
import type { Tx } from '../../platform/database/db.ts'
import { type HoldEnding, refusalsOf } from './end-hold.ts'
import { type Posted, post } from './post.ts'

/** Gives what was held back to the lots it came from; what has lapsed meanwhile lapses now. Throws HoldEnded, NotInLedger. */
export function release(tx: Tx, { reference, description, now }: HoldEnding): Promise<Posted> {
  return post(
    tx,
    Prisma.sql`credits_release(
      ${uuidv7({ msecs: now.getTime() })}::uuid, ${reference}, ${description}, ${now}::timestamptz)`,
    refusalsOf(reference),
  )
}
