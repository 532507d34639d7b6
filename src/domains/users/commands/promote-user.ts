import type { Reader } from '../../../platform/database/db.ts'

/** Makes a user an admin; idempotent. False where no user has this Clerk id, or the user is deleted or being deleted. */
export async function promoteUser(db: Reader, clerkId: string): Promise<boolean> {
  const { count } = await db.user.updateMany({
    where: { clerkId, standing: { notIn: ['DELETING', 'DELETED'] } },
    data: { role: 'ADMIN' },
  })
  return count === 1
}
