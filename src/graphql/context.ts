import type { User } from '../generated/prisma/client.ts'
import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/database/db.ts'
import type { Events } from '../platform/events/events.ts'

/** Who is asking: the person's row, read in this very request, so that a ban counts from its commit on. */
export interface Viewer {
  readonly user: User
  readonly isAdmin: boolean
  /** When the token lapses, and with it every stream opened by it. */
  readonly expiresAt: Date
}

/** What domains' resolvers need besides the database: each domain's graphql.ts adds its own by declaration merging. */
// biome-ignore lint/suspicious/noEmptyInterface: domains merge into it
export interface Ports {}

/** What every resolver of one request gets. */
export interface Context {
  /** The names of all fields in the document, of whichever type: what a list need not read is not among them. */
  readonly asked: ReadonlySet<string>
  /** Null when nobody is signed in. */
  readonly viewer: Viewer | null
  readonly db: Database
  readonly events: Events
  readonly clock: Clock
  readonly ports: Ports
  // Made when a stream asks: a timer for each request would be one too many, and Yoga copies what getters give.
  /** Aborted when the token lapses; null where there is none. */
  lapsed(): AbortSignal | null
  /** Aborted when the client goes away, the token lapses or the server stops. */
  signal(): AbortSignal
}

/** The context of fields behind `signedIn`. */
export interface SignedInContext extends Context {
  readonly viewer: Viewer
}
