import { v7 as uuidv7 } from 'uuid'
import { notify, type Tx } from '../../../platform/database/db.ts'
import { standingTopic } from '../topic.ts'

/** Runs in the transaction in which the deletion of a user begins. Declared by higher domains, which erase the data. */
export type OnUserDeleting = (tx: Tx, person: { userId: string; now: Date }) => Promise<void>

/**
 * Refuses the user's requests from this commit on and starts the erasure. Idempotent; false if it was started before.
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
  if (count === 0) return false
  await onDeleting(tx, { userId, now })
  notify(tx, standingTopic(userId))
  return true
}

/**
 * Deletes the user of a Clerk user that was deleted. An unknown user gets a tombstone, so that a late event about an
 * earlier state cannot create a row.
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
