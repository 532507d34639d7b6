import { v7 as uuidv7 } from 'uuid'
import { Prisma } from '../../generated/prisma/client.ts'
import type { Tx } from '../../platform/database/db.ts'
import { checkAmount, checkKey } from './check-entry.ts'
import type { Grant } from './grant.ts'
import { type Posted, post } from './post.ts'

export interface Reinstatement extends Grant {
  /** The key of the grant that was taken back. */
  readonly revokedKey: string
}

/**
 * Gives a grant again that was taken back, under a key of its own: the refund was reversed. What is still owed for it is
 * settled from it first. Throws IdempotencyConflict, InvalidInput.
 */
export function reinstate(tx: Tx, wish: Reinstatement): Promise<Posted> {
  const { userId, revokedKey, amount, source, key, description, reference = null, expiresAt = null, now } = wish
  checkAmount(amount)
  checkKey(key)
  return post(
    tx,
    Prisma.sql`credits_reinstate(
      ${uuidv7({ msecs: now.getTime() })}::uuid, ${userId}::uuid, ${revokedKey}, ${amount}::int,
      ${source}::"LedgerAccountKind", ${key}, ${description}, ${reference}, ${expiresAt}::timestamptz,
      ${now}::timestamptz)`,
  )
}
