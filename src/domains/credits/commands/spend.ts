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
  readonly description: string
  readonly reference?: string | null
  readonly now: Date
}

/** Spends credits: those that expire first, then the oldest. Throws InsufficientCredits, IdempotencyConflict. */
export function spend(tx: Tx, { userId, amount, key, description, reference = null, now }: Spending): Promise<Posted> {
  checkAmount(amount)
  checkKey(key)
  return post(
    tx,
    Prisma.sql`credits_spend(
      ${uuidv7({ msecs: now.getTime() })}::uuid, ${userId}::uuid, ${amount}::int, ${key}, ${description}, ${reference},
      ${now}::timestamptz)`,
    { PC001: (available) => new InsufficientCredits(amount, Number(available)) },
  )
}
