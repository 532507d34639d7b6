import type { Reader } from '../../../platform/database/db.ts'
import { clerkIdOf } from '../../users/index.ts'
import type { HashName } from './hash-name.ts'

/** The hashes of the names that identify a user at RevenueCat: the user's id in Pacer, and in Clerk if there is one. */
export async function hashedIdsOf(db: Reader, hashName: HashName, userId: string): Promise<string[]> {
  const clerkId = await clerkIdOf(db, userId)
  return [userId, clerkId].flatMap((name) => (name === null ? [] : hashName(name)))
}
