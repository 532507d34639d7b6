import { v7 as uuidv7 } from 'uuid'
import { Prisma } from '../../../generated/prisma/client.ts'
import type { Tx } from '../../../platform/database/db.ts'
import { InsufficientCredits } from '../errors.ts'
import { checkAmount, checkKey } from './check-entry.ts'
import { type Posted, post } from './post.ts'

export interface Spending {
  readonly userId: string
  readonly amount: number
  readonly key: string
  /** Fixed: text of or about the user belongs into `personalText`. */
  readonly description: string
  /** What the user sees instead of the description. Erased with the user. */
  readonly personalText?: string
  readonly reference?: string | null
  readonly now: Date
}

/** Spends credits: those that expire first, then the oldest. Throws InsufficientCredits, IdempotencyConflict. */
export function spend(tx: Tx, spending: Spending): Promise<Posted> {
  const { userId, amount, key, description, personalText = null, reference = null, now } = spending
  checkAmount(amount)
  checkKey(key)
  return post(
    tx,
    Prisma.sql`credits_spend(
      ${uuidv7({ msecs: now.getTime() })}::uuid, ${userId}::uuid, ${amount}::int, ${key}, ${description}, ${reference},
      ${now}::timestamptz, ${personalText})`,
    { PC001: (available) => new InsufficientCredits(amount, Number(available)) },
  )
}
