import type { User } from '../../generated/prisma/client.ts'
import type { Database } from '../../platform/database/db.ts'
import { applyClerkUser } from './apply-clerk-user.ts'
import type { ArrivalPorts } from './arrival.ts'
import { versionOfAnswer } from './clerk-version.ts'
import { Unauthenticated } from './errors.ts'
import type { ClerkDirectory, SessionClaims } from './ports.ts'

export interface FirstRequest extends ArrivalPorts {
  readonly claims: SessionClaims
  readonly directory: ClerkDirectory | null
  readonly now: Date
}

/**
 * The row of a person who signs in for the first time: from Clerk's API where a secret key is set, else from what the
 * token says. However many requests come at once, on however many instances, the unique clerk_id lets one row be.
 * Throws Unauthenticated for someone whom Clerk no longer has.
 */
export async function ensureUser(db: Database, request: FirstRequest): Promise<User> {
  const { claims, directory, emails, onArrival, now } = request
  const { clerkId } = claims
  if (directory) {
    const user = await directory.getUser(clerkId)
    if (!user) throw new Unauthenticated('invalid')
    const state = { user, version: versionOfAnswer(user), saidAt: now, now }
    await db.transaction((tx) => applyClerkUser(tx, request, state))
  } else {
    const { email, ...profile } = claims.profile
    const data = { clerkId, ...emails.columns(email), ...profile, createdAt: now }
    await db.transaction(async (tx) => {
      const [made] = await tx.user.createManyAndReturn({ data, skipDuplicates: true, select: { id: true } })
      if (made) await onArrival(tx, { userId: made.id, email, isNew: true, now })
    })
  }
  return db.prisma.user.findUniqueOrThrow({ where: { clerkId } })
}
