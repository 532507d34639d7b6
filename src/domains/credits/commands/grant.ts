import { v7 as uuidv7 } from 'uuid'
import { Prisma } from '../../../generated/prisma/client.ts'
import type { Tx } from '../../../platform/database/db.ts'
import { checkAmount, checkKey } from './check-entry.ts'
import { type Posted, post } from './post.ts'

export interface Grant {
  readonly userId: string
  readonly amount: number
  /** Credits of GIFTS and PURCHASES usually do not expire; credits of PLANS do. */
  readonly source: 'GIFTS' | 'PLANS' | 'PURCHASES'
  /** A grant with the same key has no further effect. Keys do not expire. */
  readonly key: string
  /** The description that the user sees: 'Sign-up gift'. Fixed: text of or about the user belongs into `personalText`. */
  readonly description: string
  /** What the user sees instead of the description. Erased with the user. */
  readonly personalText?: string
  readonly reference?: string | null
  /** From this instant on the unused credits cannot be spent and are not part of the balance. */
  readonly expiresAt?: Date | null
  readonly now: Date
}

/** Adds credits to a wallet as a new lot. Throws IdempotencyConflict, InvalidInput. */
export function grant(tx: Tx, input: Grant): Promise<Posted> {
  const { userId, amount, source, key, description, personalText = null, now } = input
  const { reference = null, expiresAt = null } = input
  checkAmount(amount)
  checkKey(key)
  return post(
    tx,
    Prisma.sql`credits_grant(
      ${uuidv7({ msecs: now.getTime() })}::uuid, ${userId}::uuid, ${amount}::int, ${source}::"LedgerAccountKind", ${key},
      ${description}, ${reference}, ${expiresAt}::timestamptz, ${now}::timestamptz, ${personalText})`,
  )
}
