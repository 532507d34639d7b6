import type { Reader } from '../../../platform/database/db.ts'

/** The ids of those of these users who exist and are neither deleted nor being deleted. */
export async function presentUsers(db: Reader, userIds: readonly string[]): Promise<ReadonlySet<string>> {
  const rows = await db.user.findMany({ where: { id: { in: [...userIds] }, isPresent: true }, select: { id: true } })
  return new Set(rows.map(({ id }) => id))
}

/** Whether one of these users is erased: only the tombstone is left. */
export async function isAnyErased(db: Reader, userIds: readonly string[]): Promise<boolean> {
  return (await db.user.count({ where: { id: { in: [...userIds] }, standing: 'DELETED' } })) > 0
}

/** A user whose erasure is pending, with the id in Clerk; null if the user is not DELETING. */
export function findDeletingUser(db: Reader, userId: string): Promise<{ readonly clerkId: string | null } | null> {
  return db.user.findUnique({ where: { id: userId, standing: 'DELETING' }, select: { clerkId: true } })
}
