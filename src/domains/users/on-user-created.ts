import type { Tx } from '../../platform/database/db.ts'
import type { Emails } from './emails.ts'

/** A user whose row was just created, or just linked to a Clerk user. */
export interface CreatedUser {
  readonly userId: string
  readonly email: string | null
  /** False for users of the older system: their row existed and has now been linked to their Clerk user. */
  readonly isNew: boolean
  readonly now: Date
}

/** Runs once for each user, in the transaction that creates or links the row. Declared by higher domains. */
export type OnUserCreated = (tx: Tx, created: CreatedUser) => Promise<void>

/** Required by every command that can create a user. */
export interface OnUserCreatedPorts {
  readonly emails: Emails
  readonly onUserCreated: OnUserCreated
}
