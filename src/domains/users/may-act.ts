import type { User } from '../../generated/prisma/client.ts'

/** Whether the user may send requests. An expired lock counts as lifted: Clerk may send no event when a lock expires. */
export function maySignIn({ standing, lockedUntil }: Pick<User, 'standing' | 'lockedUntil'>, now: Date): boolean {
  return standing === 'ACTIVE' || (standing === 'LOCKED' && lockedUntil !== null && lockedUntil <= now)
}
