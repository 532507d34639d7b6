import type { User } from '../../../generated/prisma/client.ts'
import type { Database } from '../../../platform/database/db.ts'
import { versionOfAnswer } from '../clerk-version.ts'
import { Unauthenticated } from '../errors.ts'
import type { OnUserCreatedPorts } from '../on-user-created.ts'
import type { ClerkDirectory, SessionClaims } from '../ports.ts'
import { applyClerkUser } from './apply-clerk-user.ts'

export interface FirstRequest extends OnUserCreatedPorts {
  readonly claims: SessionClaims
  readonly directory: ClerkDirectory | null
  readonly now: Date
}

/**
 * Creates the row of a user who signs in for the first time: from Clerk's API if a secret key is set, or else from the
 * token's claims, which prove no address (only those of the development identity do). Concurrent requests on any number of instances create one row, by the unique clerk_id. Throws
 * Unauthenticated if Clerk no longer has the user.
 */
export async function ensureUser(db: Database, request: FirstRequest): Promise<User> {
  const { claims, directory, emails, onUserCreated, onContactsVerified, now } = request
  const { clerkId } = claims
  if (directory) {
    const user = await directory.getUser(clerkId)
    if (!user) throw new Unauthenticated('invalid')
    const state = { user, version: versionOfAnswer(user), reportedAt: now, now }
    await db.transaction((tx) => applyClerkUser(tx, request, state))
  } else {
    const { email: claimed, ...profile } = claims.profile
    const email = claims.emailIsVerified ? claimed : null
    const data = { clerkId, ...emails.columns(email), ...profile, createdAt: now }
    await db.transaction(async (tx) => {
      const [created] = await tx.user.createManyAndReturn({ data, skipDuplicates: true, select: { id: true } })
      if (!created) return
      await onUserCreated(tx, { userId: created.id, isNew: true, now })
      if (email !== null) await onContactsVerified(tx, { userId: created.id, contacts: [email], now })
    })
  }
  return db.prisma.user.findUniqueOrThrow({ where: { clerkId } })
}
