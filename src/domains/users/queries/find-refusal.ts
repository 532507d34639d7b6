import type { Reader } from '../../../platform/database/db.ts'
import { maySignIn } from '../may-sign-in.ts'

/** Why the requests of a user are refused although the session token is valid. */
export type Refusal = 'banned' | 'locked' | 'deleted'

/** Why the requests of a Clerk user are refused; null if they are accepted, or if no user has this Clerk id. */
export async function findRefusal(db: Reader, clerkId: string, now: Date): Promise<Refusal | null> {
  const user = await db.user.findUnique({ where: { clerkId }, select: { standing: true, lockedUntil: true } })
  if (!user || maySignIn(user, now)) return null
  if (user.standing === 'BANNED') return 'banned'
  return user.standing === 'LOCKED' ? 'locked' : 'deleted'
}
