import { v7 as uuidv7 } from 'uuid'
import { Prisma } from '../../generated/prisma/client.ts'
import type { Tx } from '../../platform/db.ts'
import { InvalidInput } from '../../platform/errors.ts'
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

/** What the ledger's own keys begin with: a caller's key among them would stand in their way. */
const reserved = /^(hold|capture|release|refund|revoke|expiry|settlement):/

/** Keys are the code's own and never a client's as it is, so one that does not fit is a mistake of ours. */
export function checkKey(key: string): void {
  if (key === '' || key.length > 400 || reserved.test(key)) throw new RangeError(`No key of a caller: "${key}".`)
}

/** Credits are whole and more than none. */
export function checkAmount(amount: number): void {
  if (Number.isSafeInteger(amount) && amount >= 1 && amount <= 2_147_483_647) return
  throw InvalidInput.at(['input', 'amount'], 'An amount of credits is a whole number of 1 or more.')
}
