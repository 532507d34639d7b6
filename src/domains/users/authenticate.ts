import { Prisma, type User } from '../../generated/prisma/client.ts'
import { columnsOf, type Database } from '../../platform/database/db.ts'
import type { ArrivalPorts } from './arrival.ts'
import { ensureUser } from './ensure-user.ts'
import { Unauthenticated } from './errors.ts'
import { maySignIn } from './may-sign-in.ts'
import type { ClerkDirectory, SessionVerifier } from './ports.ts'

export interface Authenticator {
  /** The person of a token, as the database has them now, and when the token lapses. Throws Unauthenticated. */
  authenticate(token: string, now: Date): Promise<{ user: User; expiresAt: Date }>
}

export interface AuthenticatorOptions extends ArrivalPorts {
  readonly db: Database
  readonly verifier: SessionVerifier
  /** Null where no secret key is configured: people are then made from their token's claims. */
  readonly directory: ClerkDirectory | null
}

const personOfToken = `SELECT ${columnsOf(Prisma.UserScalarFieldEnum)} FROM "users" WHERE "clerk_id" = $1`

/**
 * A person's first request may come before any webhook, so the row is made here when it is missing. The row is read in
 * every request (one statement by its unique key): whoever was banned or deleted is refused from that commit on, on
 * every instance.
 */
export function createAuthenticator({
  db,
  verifier,
  directory,
  emails,
  onArrival,
}: AuthenticatorOptions): Authenticator {
  const arriving = new Map<string, Promise<User>>()

  return {
    async authenticate(token, now) {
      const claims = await verifier.verify(token, now)
      const { clerkId, expiresAt } = claims
      let [user] = await db.query<User>(personOfToken, [clerkId])
      if (!user) {
        // A page's first requests come at once; one of them asks Clerk, the unique key holds across processes.
        const arrival = arriving.get(clerkId) ?? ensureUser(db, { claims, directory, emails, onArrival, now })
        arriving.set(clerkId, arrival)
        user = await arrival.finally(() => arriving.delete(clerkId))
      }
      if (!maySignIn(user, now)) throw new Unauthenticated('invalid')
      return { user, expiresAt }
    },
  }
}
