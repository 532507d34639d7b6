import type { User } from '../../generated/prisma/client.ts'
import type { Reader } from '../../platform/db.ts'
import { Unauthenticated } from './errors.ts'
import type { ClerkDirectory, ClerkProfile, SessionClaims } from './ports.ts'

export interface FirstRequest {
  readonly claims: SessionClaims
  readonly directory: ClerkDirectory | null
  readonly now: Date
}

/**
 * The row of a person who signs in for the first time: from Clerk's API where a secret key is set, else from what the
 * token says. However many requests come at once, on however many instances, the unique clerk_id lets one row be.
 * Throws Unauthenticated for someone whom Clerk no longer has.
 */
export async function ensureUser(db: Reader, { claims, directory, now }: FirstRequest): Promise<User> {
  const { clerkId } = claims
  const found = directory ? await directory.getUser(clerkId) : null
  if (directory && !found) throw new Unauthenticated('invalid')

  await db.user.createMany({
    data: {
      clerkId,
      ...profileOf(found ?? claims.profile),
      standing: found?.banned ? 'BANNED' : 'ACTIVE',
      createdAt: now,
    },
    skipDuplicates: true,
  })
  return db.user.findUniqueOrThrow({ where: { clerkId } })
}

function profileOf({ email, firstName, lastName, username, imageUrl }: ClerkProfile): ClerkProfile {
  return { email, firstName, lastName, username, imageUrl }
}
