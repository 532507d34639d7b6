import type { User } from '../generated/prisma/client.ts'
import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/database/db.ts'
import type { Localization } from '../platform/messages/format-message.ts'
import type { LookupServices } from '../platform/services.ts'

/** The signed-in user: the row is read in this request, so that a ban takes effect with its commit. */
export interface Viewer {
  readonly id: string
  readonly user: User
  readonly isAdmin: boolean
  /** Clerk's id of the operator who impersonates the user; null for the user. */
  readonly actor: string | null
  /** When the token expires, and with it every stream that it opened. */
  readonly expiresAt: Date
}

/** What every resolver of one request gets. */
export interface Context {
  /** The names of all fields in the document, of all types: a list does not read columns of other fields. */
  readonly selectedFields: ReadonlySet<string>
  /** Null when no user is signed in. */
  readonly viewer: Viewer | null
  readonly db: Database
  readonly clock: Clock
  /** The services of a domain, by its key; a resolver looks up those of its own domain. */
  readonly services: LookupServices
  /** How the requester reads messages: the user's locale and time zone, else Accept-Language and UTC. */
  localization(): Localization
  // Functions, because Yoga copies what getters return and a timer for each request would cost too many.
  /** Aborted when the token expires; null without a viewer. */
  expired(): AbortSignal | null
  /** Aborted when the viewer is banned or deleted; null without a viewer. */
  unavailable(): AbortSignal | null
  /** Aborted when the client disconnects, the token expires or the server stops. */
  signal(): AbortSignal
}

/** The context of fields behind `signedIn`. */
export interface SignedInContext extends Context {
  readonly viewer: Viewer
}
