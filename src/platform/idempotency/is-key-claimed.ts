import type { Reader } from '../database/db.ts'
import { type KeyClaim, keyLifetimeHours } from './idempotency.ts'

/**
 * Whether a key was claimed within its lifetime. For work before the transaction: only `claimKey` decides which
 * request is first.
 */
export async function isKeyClaimed(
  db: Reader,
  { userId, mutation, key, now }: Pick<KeyClaim<never>, 'userId' | 'mutation' | 'key' | 'now'>,
): Promise<boolean> {
  const claimed = await db.idempotencyKey.findUnique({
    where: {
      userId_mutation_key: { userId, mutation, key },
      createdAt: { gte: new Date(now.getTime() - keyLifetimeHours * 3_600_000) },
    },
    select: { key: true },
  })
  return claimed !== null
}
