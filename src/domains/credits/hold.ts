import { v7 as uuidv7 } from 'uuid'
import { Prisma } from '../../generated/prisma/client.ts'
import type { Tx } from '../../platform/database/db.ts'
import { IdempotencyConflict } from '../../platform/errors.ts'
import { checkAmount } from './check-entry.ts'
import { InsufficientCredits } from './errors.ts'
import { type Posted, post } from './post.ts'

export interface Hold {
  readonly userId: string
  readonly amount: number
  /** The work that the credits are set aside for: 'video:<id>'. One hold each. */
  readonly reference: string
  readonly description: string
  /** When the sweep asks what became of the work. */
  readonly deadline: Date
  readonly now: Date
}

/** Sets credits aside for a piece of work. Again for the same work: as once. Throws InsufficientCredits, IdempotencyConflict. */
export function hold(tx: Tx, wish: Hold): Promise<Posted> {
  const { userId, amount, reference, description, deadline, now } = wish
  checkAmount(amount)
  return post(
    tx,
    Prisma.sql`credits_hold(
      ${uuidv7({ msecs: now.getTime() })}::uuid, ${userId}::uuid, ${amount}::int, ${reference}, ${description},
      ${deadline}::timestamptz, ${now}::timestamptz)`,
    {
      PC001: (available) => new InsufficientCredits(amount, Number(available)),
      // Another person's work has that reference.
      '23505': () => new IdempotencyConflict(),
    },
  )
}
