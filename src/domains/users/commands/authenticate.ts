import { Prisma, type User } from '../../../generated/prisma/client.ts'
import { columnsOf, type Database } from '../../../platform/database/db.ts'
import { Unauthenticated } from '../errors.ts'
import { mayAct } from '../may-act.ts'
import type { OnUserCreatedPorts } from '../on-user-created.ts'
import type { ClerkDirectory, SessionVerifier } from '../ports.ts'
import { ensureUser } from './ensure-user.ts'

export interface Authenticator {
  /** The current row of the token's user, who impersonates the user, and when the token expires. Throws Unauthenticated. */
  authenticate(token: string, now: Date): Promise<{ user: User; actor: string | null; expiresAt: Date }>
}

export interface AuthenticatorOptions extends OnUserCreatedPorts {
  readonly db: Database
  readonly verifier: SessionVerifier
  /** Null if no secret key is configured: users are then created from their token's claims. */
  readonly directory: ClerkDirectory | null
}

const userByClerkId = `SELECT ${columnsOf(Prisma.UserScalarFieldEnum)} FROM "users" WHERE "clerk_id" = $1`

/**
 * A user's first request may precede Clerk's webhook, so a missing row is created here. The row is read in every request
 * (one statement by its unique key), so a banned or deleted user is refused from that commit on, on every instance.
 */
export function createAuthenticator(options: AuthenticatorOptions): Authenticator {
  const { db, verifier, directory, emails, onUserCreated, onContactsVerified } = options
  const creating = new Map<string, Promise<User>>()

  return {
    async authenticate(token, now) {
      const claims = await verifier.verify(token, now)
      const { clerkId, actor, expiresAt } = claims
      let [user] = await db.query<User>(userByClerkId, [clerkId])
      if (!user) {
        // A client sends several first requests at once. One of them queries Clerk; across processes the unique key decides.
        const creation =
          creating.get(clerkId) ?? ensureUser(db, { claims, directory, emails, onUserCreated, onContactsVerified, now })
        creating.set(clerkId, creation)
        user = await creation.finally(() => creating.delete(clerkId))
      }
      if (!mayAct(user)) throw new Unauthenticated('invalid')
      return { user, actor, expiresAt }
    },
  }
}
