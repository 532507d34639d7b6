export { Unauthenticated } from './errors.ts'

/** What a verified session token says. */
export interface SessionClaims {
  /** Clerk's id of the person: user_… */
  readonly clerkId: string
  readonly expiresAt: Date
  /** What the token says of the person, where the instance puts it there; the oldest of all sources. */
  readonly profile: ClerkProfile
}

export interface ClerkProfile {
  readonly email: string | null
  readonly firstName: string | null
  readonly lastName: string | null
  readonly username: string | null
  readonly imageUrl: string | null
}

/** A person as Clerk has them, whether its API or a webhook says so. */
export interface ClerkUser extends ClerkProfile {
  readonly clerkId: string
  /** Our id of the person where we made them at Clerk: the older system's. */
  readonly externalId: string | null
  /** Addresses that the person has proved to own, the primary one or not. */
  readonly verifiedEmails: readonly string[]
  readonly banned: boolean
  readonly locked: boolean
  /** How long the lock lasts from when this was said; null where there is none or its end is not known. */
  readonly lockoutSeconds: number | null
  readonly createdAt: Date
  readonly updatedAt: Date
}

/** Says whether a token is genuine, meant for us and alive at `now`; throws Unauthenticated if not. */
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
 * Reads and changes people at Clerk. Throws ProviderUnavailable when it does not answer or asks for patience (with
 * `retryAt` where it says until when), ClerkRefused for what it does not take.
 */
export interface ClerkDirectory {
  /** Null for one that Clerk does not have. */
  getUser(clerkId: string): Promise<ClerkUser | null>
  /** Everybody who was created at or after an instant, oldest first, at most 500 of them. */
  listUsers(page: { createdFrom: Date | null; offset: number; limit: number }): Promise<readonly ClerkUser[]>
  /** Those of at most 100 ids that Clerk has. */
  listByIds(clerkIds: readonly string[]): Promise<readonly ClerkUser[]>
  /** Everybody who has one of at most 100 addresses, verified or not. */
  listByEmails(emails: readonly string[]): Promise<readonly ClerkUser[]>
  countUsers(): Promise<number>
  /** Only what is given is changed; null clears. Null for one that Clerk does not have. */
  updateNames(
    clerkId: string,
    names: { readonly firstName?: string | null; readonly lastName?: string | null },
  ): Promise<ClerkUser | null>
  createUser(user: NewClerkUser): Promise<ClerkUser>
  setExternalId(clerkId: string, externalId: string): Promise<ClerkUser | null>
  /** One that is gone already is no error. */
  deleteUser(clerkId: string): Promise<void>
}

/** Clerk does not take what was sent; the message says why, in Clerk's words. */
export class ClerkRefused extends Error {
  override readonly name = 'ClerkRefused'
}

/** Of a delivery, what is needed before its body is looked at by the worker. */
export interface ClerkDelivery {
  readonly eventId: string
  readonly type: string
  /** The Clerk id of the person it is about. */
  readonly subject: string | null
  readonly contentType: string | null
  readonly sentAt: Date
}

/** What an event says of a person. */
export type ClerkEvent =
  | { readonly kind: 'user'; readonly user: ClerkUser; readonly sentAt: Date }
  | { readonly kind: 'deleted'; readonly clerkId: string | null; readonly externalId: string | null }
  | { readonly kind: 'other' }

/** Clerk's webhooks: whether a delivery is genuine, and what its body says. */
export interface ClerkWebhooks {
  /** False where no secret is configured: then nothing can be genuine. */
  readonly isConfigured: boolean
  /** Null for a delivery that is not Clerk's, or is too old, or holds no JSON object. */
  verify(delivery: {
    readonly body: Buffer
    readonly headers: Readonly<Record<string, string | string[] | undefined>>
  }): ClerkDelivery | null
  /** Throws for a user.* body that no person can be read from. */
  read(event: { readonly type: string; readonly body: Buffer; readonly sentAt: Date }): ClerkEvent
}
