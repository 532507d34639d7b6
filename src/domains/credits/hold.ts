import { v7 as uuidv7 } from 'uuid'
import { Prisma } from '../../generated/prisma/client.ts'
import type { Tx } from '../../platform/db.ts'
import { IdempotencyConflict } from '../../platform/errors.ts'
import { CaptureTooLarge, HoldEnded, InsufficientCredits, NotInLedger } from './errors.ts'
import { checkAmount } from './grant.ts'
import { type Posted, post, type Refusals } from './post.ts'

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

interface Ending {
  readonly reference: string
  readonly description: string
  readonly now: Date
}

/**
 * Spends what was held, all of it or a part; the rest is released with it. What lapses soonest is spent first.
 * Throws HoldEnded, CaptureTooLarge, NotInLedger.
 */
export function capture(tx: Tx, ending: Ending & { readonly amount?: number }): Promise<Posted> {
  const { reference, amount = null, description, now } = ending
  if (amount !== null) checkAmount(amount)
  return post(
    tx,
    Prisma.sql`credits_capture(
      ${uuidv7({ msecs: now.getTime() })}::uuid, ${reference}, ${amount}::int, ${description}, ${now}::timestamptz)`,
    refusalsOf(reference),
  )
}

/** Gives what was held back to the lots it came from; what has lapsed meanwhile lapses now. Throws HoldEnded, NotInLedger. */
export function release(tx: Tx, { reference, description, now }: Ending): Promise<Posted> {
  return post(
    tx,
    Prisma.sql`credits_release(
      ${uuidv7({ msecs: now.getTime() })}::uuid, ${reference}, ${description}, ${now}::timestamptz)`,
    refusalsOf(reference),
  )
}

const refusalsOf = (reference: string): Refusals => ({
  PC003: () => new NotInLedger(`No credits are held for ${reference}.`),
  PC004: (state) => new HoldEnded(reference, state),
  PC005: (held) => new CaptureTooLarge(reference, Number(held)),
})
