import { v7 as uuidv7 } from 'uuid'
import { Prisma } from '../../generated/prisma/client.ts'
import type { Tx } from '../../platform/database/db.ts'
import { checkAmount, checkKey } from './check-entry.ts'
import { type Posted, post } from './post.ts'

export interface Grant {
  readonly userId: string
  readonly amount: number
  /** Gifts and purchases never lapse by themselves; a plan's credits do. */
  readonly source: 'GIFTS' | 'PLANS' | 'PURCHASES'
  /** The same key has the same effect once, for ever. */
  readonly key: string
  /** A sentence for the person: 'Sign-up gift'. */
  readonly description: string
  readonly reference?: string | null
  /** What is left can neither be spent nor shown from this instant on. */
  readonly expiresAt?: Date | null
  readonly now: Date
}

/** Puts credits into a wallet, as a lot of their own. Throws IdempotencyConflict, InvalidInput. */
export function grant(tx: Tx, wish: Grant): Promise<Posted> {
  const { userId, amount, source, key, description, reference = null, expiresAt = null, now } = wish
  checkAmount(amount)
  checkKey(key)
  return post(
    tx,
    Prisma.sql`credits_grant(
      ${uuidv7({ msecs: now.getTime() })}::uuid, ${userId}::uuid, ${amount}::int, ${source}::"LedgerAccountKind", ${key},
      ${description}, ${reference}, ${expiresAt}::timestamptz, ${now}::timestamptz)`,
  )
}
