import { createHash } from 'node:crypto'
import type { Prisma } from '../../generated/prisma/client.ts'
import type { Tx } from '../database/db.ts'
import { IdempotencyConflict } from '../errors.ts'
import type { Message } from '../messages/message.ts'
import { platformMessages } from '../messages/platform-messages.ts'

/** A key expires after this time; then the same key is a new request. */
export const keyLifetimeHours = 24

export interface KeyClaim<Result extends Prisma.InputJsonValue> {
  readonly userId: string
  readonly mutation: string
  readonly key: string
  /** The input that the result depends on, always built with its fields in the same order. */
  readonly input: Prisma.InputJsonValue
  /** The ids of the rows that are created if the key is new. */
  readonly result: Result
  readonly now: Date
}

export interface Claimed<Result> {
  /** False: an earlier request created `result`, and nothing must be created now. */
  readonly isNew: boolean
  readonly result: Result
}

/**
 * Claims a key in the same transaction as the effect. The unique key, not a read, decides which request is first: a
 * second request waits for the first one's commit and then gets its result. Throws IdempotencyConflict if the input
 * differs.
 */
export async function claimKey<Result extends Prisma.InputJsonValue>(
  tx: Tx,
  claim: KeyClaim<Result>,
): Promise<Claimed<Result>> {
  const { userId, mutation, key, now } = claim
  const inputHash = createHash('sha256').update(JSON.stringify(claim.input)).digest('base64url')
  const expiredBefore = new Date(now.getTime() - keyLifetimeHours * 3_600_000)
  const claimed = await tx.$executeRaw`
    INSERT INTO idempotency_keys AS existing (user_id, mutation, key, input_hash, result, created_at)
    VALUES (${userId}::uuid, ${mutation}, ${key}, ${inputHash}, ${JSON.stringify(claim.result)}::jsonb, ${now})
    ON CONFLICT (user_id, mutation, key) DO UPDATE
    SET input_hash = excluded.input_hash, result = excluded.result, created_at = excluded.created_at
    WHERE existing.created_at < ${expiredBefore}`
  if (claimed === 1) return { isNew: true, result: claim.result }

  const existing = await tx.idempotencyKey.findUniqueOrThrow({
    where: { userId_mutation_key: { userId, mutation, key } },
  })
  if (existing.inputHash !== inputHash) throw new IdempotencyConflict()
  return { isNew: false, result: existing.result as Result }
}

/** Returns what is wrong with a key; null for a key of 1 to 200 printable characters. */
export function keyProblem(key: string): Message | null {
  return /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]{1,200}$/u.test(key) ? null : platformMessages.invalidIdempotencyKey()
}
