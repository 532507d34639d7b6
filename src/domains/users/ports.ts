export { Unauthenticated } from './errors.ts'

/** The claims of a verified session token. */
export interface SessionClaims {
  /** Clerk's id of the user: user_… */
  readonly clerkId: string
  /** Clerk's id of the operator who impersonates the user; null for the user. */
  readonly actor: string | null
  /** The token is accepted for a few seconds longer, since clocks differ. */
  readonly expiresAt: Date
  /** Whether the address in the profile is known to be the user's: only in tokens of the development identity. */
  readonly emailIsVerified: boolean
  /** The profile in the token, where the Clerk instance adds it. It counts as older than every other source. */
  readonly profile: ClerkProfile
}

export interface ClerkProfile {
  readonly email: string | null
  readonly firstName: string | null
  readonly lastName: string | null
  readonly username: string | null
  readonly imageUrl: string | null
}

/** A Clerk user, from the API or from a webhook. */
export interface ClerkUser extends ClerkProfile {
  readonly clerkId: string
  /** The id in the older system, for users that the migration created in Clerk. */
  readonly externalId: string | null
  /** The primary address if it is verified, or else null: an unverified address may be another person's. */
  readonly email: string | null
  /** All verified addresses, primary or not. */
  readonly verifiedEmails: readonly string[]
  /** All verified phone numbers, as E.164: +821012345678. */
  readonly verifiedPhones: readonly string[]
  readonly banned: boolean
  readonly locked: boolean
  /** How long the lock lasts, counted from the response or event; null if there is no lock or its end is unknown. */
  readonly lockoutSeconds: number | null
  readonly createdAt: Date
  readonly updatedAt: Date
}

/** What a token with an actor may do: nothing, queries and subscriptions, or everything. */
export type Impersonation = 'refuse' | 'read' | 'write'

/** Verifies a session token: signature, issuer, authorized party and validity at `now`. Throws Unauthenticated. */
export interface SessionVerifier {
  verify(token: string, now: Date): Promise<SessionClaims>
}

export interface NewClerkUser {
  readonly externalId: string
  readonly email: string
  readonly firstName: string | null
  readonly lastName: string | null
}

/**
 * Reads and changes users in Clerk. Throws ProviderUnavailable if Clerk does not respond or limits the rate (with
 * `retryAt` if Clerk sends one), and ClerkRefused if Clerk rejects the request.
 */
export interface ClerkDirectory {
  /** Null if Clerk has no such user. */
  getUser(clerkId: string): Promise<ClerkUser | null>
  /** The users created at or after an instant, oldest first, at most 500. */
  listUsers(page: { createdFrom: Date | null; offset: number; limit: number }): Promise<readonly ClerkUser[]>
  /** The users with these ids, at most 100 ids. */
  listByIds(clerkIds: readonly string[]): Promise<readonly ClerkUser[]>
  /** The users who have one of these addresses, verified or not; at most 100 addresses. */
  listByEmails(emails: readonly string[]): Promise<readonly ClerkUser[]>
  countUsers(): Promise<number>
  /** An omitted name is not changed; null clears it. Returns null if Clerk has no such user. */
  updateNames(
    clerkId: string,
    names: { readonly firstName?: string | null; readonly lastName?: string | null },
  ): Promise<ClerkUser | null>
  createUser(user: NewClerkUser): Promise<ClerkUser>
  setExternalId(clerkId: string, externalId: string): Promise<ClerkUser | null>
  /** Idempotent: a user that is already deleted is no error. */
  deleteUser(clerkId: string): Promise<void>
}

/** Clerk rejected the request. The message is Clerk's. */
export class ClerkRefused extends Error {
  override readonly name = 'ClerkRefused'
}

/** The parts of a webhook delivery that are needed before the worker parses its body. */
export interface ClerkDelivery {
  readonly eventId: string
  readonly type: string
  /** The Clerk id of the user that the event is about. */
  readonly subject: string | null
  readonly contentType: string | null
  readonly sentAt: Date
}

/** A parsed event. */
export type ClerkEvent =
  | { readonly kind: 'user'; readonly user: ClerkUser; readonly sentAt: Date }
  | { readonly kind: 'deleted'; readonly clerkId: string | null; readonly externalId: string | null }
  | { readonly kind: 'other' }

/** Verifies and parses Clerk's webhooks. */
export interface ClerkWebhooks {
  /** False if no signing secret is configured: no delivery can be verified. */
  readonly isConfigured: boolean
  /** Null if the signature is invalid, the delivery is too old or the body is no JSON object. */
  verify(delivery: {
    readonly body: Buffer
    readonly headers: Readonly<Record<string, string | string[] | undefined>>
  }): ClerkDelivery | null
  /** Throws for a user.* event whose body contains no valid user. */
  read(event: { readonly type: string; readonly body: Buffer; readonly sentAt: Date }): ClerkEvent
}
