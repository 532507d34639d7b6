import { v7 as uuidv7 } from 'uuid'
import { Prisma } from '../../../generated/prisma/client.ts'
import type { Tx } from '../../../platform/database/db.ts'
import { checkAmount, checkKey } from './check-entry.ts'
import type { Grant } from './grant.ts'
import { type Posted, post } from './post.ts'

export interface Reinstatement extends Omit<Grant, 'personalText'> {
  /** The key of the revoked grant. */
  readonly revokedKey: string
}

/**
 * Grants the credits of a revoked grant again, under a new key, after its refund was reversed. They first settle what is
 * still owed for the grant. Throws IdempotencyConflict, InvalidInput.
 */
export function reinstate(tx: Tx, input: Reinstatement): Promise<Posted> {
  const { userId, revokedKey, amount, source, key, description, reference = null, expiresAt = null, now } = input
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
