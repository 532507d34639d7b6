import { Prisma } from '../../../generated/prisma/client.ts'
import type { Clock } from '../../../platform/clock.ts'
import type { Database } from '../../../platform/database/db.ts'
import { versionOfAnswer } from '../clerk-version.ts'
import type { OnUserCreatedPorts } from '../on-user-created.ts'
import type { ClerkUser } from '../ports.ts'
import { unlinked } from '../queries/legacy-users.ts'
import { applyClerkUser } from './apply-clerk-user.ts'

export interface LinkLegacyUserPorts extends OnUserCreatedPorts {
  readonly db: Database
  readonly clock: Clock
}

/**
 * Links a user of the older system to a Clerk user. One conditional update decides, so that a webhook or another run that
 * was first is not overwritten. False where the Clerk user belongs to another row, or the row to another Clerk user.
 */
export async function linkLegacyUser(
  ports: LinkLegacyUserPorts,
  { userId, user }: { readonly userId: string; readonly user: ClerkUser },
): Promise<boolean> {
  const { db, clock, onUserCreated } = ports
  const { clerkId } = user
  const now = clock()
  try {
    await db.transaction(async (tx) => {
      const { count } = await tx.user.updateMany({ where: { ...unlinked, id: userId }, data: { clerkId } })
      if (count === 0) return
      await onUserCreated(tx, { userId, isNew: false, now })
      await applyClerkUser(tx, ports, { user, version: versionOfAnswer(user), reportedAt: now, now })
    })
  } catch (error) {
    if (!isTaken(error)) throw error
  }
  const row = await db.prisma.user.findUnique({ where: { id: userId }, select: { clerkId: true } })
  return row?.clerkId === clerkId
}

/** The Clerk user's first request has created a row of its own meanwhile. */
function isTaken(error: unknown): boolean {
  return error instanceof Prisma.PrismaClientKnownRequestError && error.code === 'P2002'
}
