import type { Reader } from '../../../platform/database/db.ts'
import { mayAct } from '../may-act.ts'

/** Why the requests of a user are refused although the session token is valid. */
export type Refusal = 'banned' | 'deleted'

/** Why the requests of a Clerk user are refused; null if they are accepted, or if no user has this Clerk id. */
export async function findRefusal(db: Reader, clerkId: string): Promise<Refusal | null> {
  const user = await db.user.findUnique({ where: { clerkId }, select: { standing: true } })
  if (!user || mayAct(user)) return null
  return user.standing === 'BANNED' ? 'banned' : 'deleted'
}
