import type { Tx } from '../../platform/database/db.ts'
import type { Emails } from './emails.ts'

/** A user whose row was just created, or just linked to a Clerk user. */
export interface CreatedUser {
  readonly userId: string
  /** False for users of the older system: their row existed and has now been linked to their Clerk user. */
  readonly isNew: boolean
  readonly now: Date
}

/** Runs once for each user, in the transaction that creates or links the row. Declared by higher domains. */
export type OnUserCreated = (tx: Tx, created: CreatedUser) => Promise<void>

/** A user's verified addresses and phone numbers. */
export interface VerifiedContacts {
  readonly userId: string
  readonly contacts: readonly string[]
  readonly now: Date
}

/**
 * Runs in the transaction that stores a state of the user in which contacts are verified: after `onUserCreated`, and
 * again with each update. Declared by higher domains. The row of the user is locked.
 */
export type OnContactsVerified = (tx: Tx, verified: VerifiedContacts) => Promise<void>

/** Required by every command that can create a user. */
export interface OnUserCreatedPorts {
  readonly emails: Emails
  readonly onUserCreated: OnUserCreated
  readonly onContactsVerified: OnContactsVerified
}
