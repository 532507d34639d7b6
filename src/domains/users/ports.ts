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

export interface ClerkUser extends ClerkProfile {
  readonly clerkId: string
  readonly banned: boolean
}

/** Says whether a token is genuine, meant for us and alive at `now`; throws Unauthenticated if not. */
export interface SessionVerifier {
  verify(token: string, now: Date): Promise<SessionClaims>
}

/** Reads people from Clerk; null for one that Clerk does not have. Throws ProviderUnavailable when it does not answer. */
export interface ClerkDirectory {
  getUser(clerkId: string): Promise<ClerkUser | null>
}
