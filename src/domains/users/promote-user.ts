import type { Reader } from '../../platform/database/db.ts'

/** Makes a person an admin; twice is as once. */
export async function promoteUser(db: Reader, clerkId: string): Promise<void> {
  await db.user.update({ where: { clerkId }, data: { role: 'ADMIN' } })
}
