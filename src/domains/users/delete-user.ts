import { v7 as uuidv7 } from 'uuid'
import type { Tx } from '../../platform/database/db.ts'

/** What higher domains do, in the same transaction, when a person begins to be deleted: erasing is theirs. */
export type OnUserDeleting = (tx: Tx, person: { userId: string; now: Date }) => Promise<void>

/**
 * Refuses a person from this commit on and lets the erasure begin. Twice is as once; false where it has begun before.
 */
export async function markDeleting(
  tx: Tx,
  onDeleting: OnUserDeleting,
  { userId, now }: { userId: string; now: Date },
): Promise<boolean> {
  const { count } = await tx.user.updateMany({
    where: { id: userId, standing: { notIn: ['DELETING', 'DELETED'] } },
    data: { standing: 'DELETING', lockedUntil: null },
  })
  if (count === 1) await onDeleting(tx, { userId, now })
  return count === 1
}

/**
 * Somebody whom Clerk no longer has. One whom we never knew leaves a tombstone at once, so that what comes later of their
 * past makes nobody.
 */
export async function applyClerkDeletion(
  tx: Tx,
  onDeleting: OnUserDeleting,
  { clerkId, externalId, now }: { clerkId: string | null; externalId: string | null; now: Date },
): Promise<void> {
  if (clerkId !== null) {
    await tx.$executeRaw`
      INSERT INTO users (id, clerk_id, standing, created_at) VALUES (${uuidv7()}::uuid, ${clerkId}, 'DELETED', ${now})
      ON CONFLICT (clerk_id) DO NOTHING`
  }
  const row = await tx.user.findUnique({
    where: clerkId !== null ? { clerkId } : { legacyId: externalId ?? '' },
    select: { id: true },
  })
  if (row) await markDeleting(tx, onDeleting, { userId: row.id, now })
}
