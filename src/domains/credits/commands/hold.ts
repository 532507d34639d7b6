import { v7 as uuidv7 } from 'uuid'
import { Prisma } from '../../../generated/prisma/client.ts'
import type { Tx } from '../../../platform/database/db.ts'
import { IdempotencyConflict } from '../../../platform/errors.ts'
import { InsufficientCredits } from '../errors.ts'
import { checkAmount } from './check-entry.ts'
import { type Posted, post } from './post.ts'

export interface Hold {
  readonly userId: string
  readonly amount: number
  /** The work that the credits are held for: 'video:<id>'. Unique: one hold per reference. */
  readonly reference: string
  /** Fixed: text of or about the user belongs into `personalText`. */
  readonly description: string
  /** What the user sees instead of the description. Erased with the user. */
  readonly personalText?: string
  /** When the sweep asks the owner for the state of the work. */
  readonly deadline: Date
  readonly now: Date
}

/** Holds credits for work. Repeating it has no further effect. Throws InsufficientCredits, IdempotencyConflict. */
export function hold(tx: Tx, input: Hold): Promise<Posted> {
  const { userId, amount, reference, description, personalText = null, deadline, now } = input
  checkAmount(amount)
  return post(
    tx,
    Prisma.sql`credits_hold(
      ${uuidv7({ msecs: now.getTime() })}::uuid, ${userId}::uuid, ${amount}::int, ${reference}, ${description},
      ${deadline}::timestamptz, ${now}::timestamptz, ${personalText})`,
    {
      PC001: (available) => new InsufficientCredits(amount, Number(available)),
      // A hold of another user has this reference.
      '23505': () => new IdempotencyConflict(),
    },
  )
}
