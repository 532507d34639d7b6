import { createHash } from 'node:crypto'
import type { Prisma } from '../../generated/prisma/client.ts'
import type { Tx } from '../database/db.ts'
import { IdempotencyConflict } from '../errors.ts'

/** Kept so long; afterwards the same key is a new request. */
export const keyLifetimeHours = 24

export interface KeyClaim<Result extends Prisma.InputJsonValue> {
  readonly userId: string
  readonly mutation: string
  readonly key: string
  /** What the result depends on, always built in the same order of fields. */
  readonly input: Prisma.InputJsonValue
  /** The ids of what will be made if the key is new. */
  readonly result: Result
  readonly now: Date
}

export interface Claimed<Result> {
  /** False: an earlier request made `result`, and nothing must be made now. */
  readonly isNew: boolean
  readonly result: Result
}

/**
 * Takes a key within the effect's own transaction. The unique key, not a read, decides who is first: a second request
 * waits for the first one's commit and then gets its result. Throws IdempotencyConflict when the input was another.
 */
export async function claimKey<Result extends Prisma.InputJsonValue>(
  tx: Tx,
  claim: KeyClaim<Result>,
): Promise<Claimed<Result>> {
  const { userId, mutation, key, now } = claim
  const inputHash = createHash('sha256').update(JSON.stringify(claim.input)).digest('base64url')
  const lapsed = new Date(now.getTime() - keyLifetimeHours * 3_600_000)
  const taken = await tx.$executeRaw`
    INSERT INTO idempotency_keys AS held (user_id, mutation, key, input_hash, result, created_at)
    VALUES (${userId}::uuid, ${mutation}, ${key}, ${inputHash}, ${JSON.stringify(claim.result)}::jsonb, ${now})
    ON CONFLICT (user_id, mutation, key) DO UPDATE
    SET input_hash = excluded.input_hash, result = excluded.result, created_at = excluded.created_at
    WHERE held.created_at < ${lapsed}`
  if (taken === 1) return { isNew: true, result: claim.result }

  const held = await tx.idempotencyKey.findUniqueOrThrow({
    where: { userId_mutation_key: { userId, mutation, key } },
  })
  if (held.inputHash !== inputHash) throw new IdempotencyConflict()
  return { isNew: false, result: held.result as Result }
}

/** What is wrong with a key, as a sentence; null for one of 1 to 200 printable characters. */
export function keyProblem(key: string): string | null {
  return /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]{1,200}$/u.test(key)
    ? null
    : 'An idempotency key has 1 to 200 printable characters.'
}
