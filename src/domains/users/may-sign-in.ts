import type { User } from '../../generated/prisma/client.ts'

/** A lock ends by itself, and Clerk may say nothing when it does. */
export function maySignIn({ standing, lockedUntil }: Pick<User, 'standing' | 'lockedUntil'>, now: Date): boolean {
  return standing === 'ACTIVE' || (standing === 'LOCKED' && lockedUntil !== null && lockedUntil <= now)
}
