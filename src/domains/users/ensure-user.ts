import type { User } from '../../generated/prisma/client.ts'
import type { Reader } from '../../platform/db.ts'
import { applyClerkUser } from './apply-clerk-user.ts'
import { versionOfAnswer } from './clerk-version.ts'
import type { Emails } from './emails.ts'
import { Unauthenticated } from './errors.ts'
import type { ClerkDirectory, SessionClaims } from './ports.ts'

export interface FirstRequest {
  readonly claims: SessionClaims
  readonly directory: ClerkDirectory | null
  readonly emails: Emails
  readonly now: Date
}

/**
 * The row of a person who signs in for the first time: from Clerk's API where a secret key is set, else from what the
 * token says. However many requests come at once, on however many instances, the unique clerk_id lets one row be.
 * Throws Unauthenticated for someone whom Clerk no longer has.
 */
export async function ensureUser(db: Reader, { claims, directory, emails, now }: FirstRequest): Promise<User> {
  const { clerkId } = claims
  if (directory) {
    const user = await directory.getUser(clerkId)
    if (!user) throw new Unauthenticated('invalid')
    await applyClerkUser(db, emails, { user, version: versionOfAnswer(user), saidAt: now, now })
  } else {
    const { email, ...profile } = claims.profile
    await db.user.createMany({
      data: { clerkId, ...emails.columns(email), ...profile, createdAt: now },
      skipDuplicates: true,
    })
  }
  return db.user.findUniqueOrThrow({ where: { clerkId } })
}
