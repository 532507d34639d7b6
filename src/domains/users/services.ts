import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/database/db.ts'
import type { Encryptor } from '../../platform/encryption/encryptor.ts'
import { serviceKey } from '../../platform/services.ts'
import type { Authenticator } from './commands/authenticate.ts'
import type { OnUserDeleting } from './commands/delete-user.ts'
import type { Emails } from './emails.ts'
import type { OnContactsVerified, OnUserCreated } from './on-user-created.ts'
import type { ClerkDirectory, ClerkWebhooks, SessionVerifier } from './ports.ts'

/** The clients of Clerk that users needs. */
export interface UsersVendors {
  readonly verifier: SessionVerifier
  /** Null where no secret key is configured. */
  readonly directory: ClerkDirectory | null
  readonly clerkWebhooks: ClerkWebhooks
}

export interface UsersServices {
  readonly db: Database
  readonly clock: Clock
  readonly encryptor: Encryptor
  readonly emails: Emails
  readonly authenticator: Authenticator
  /** Null where no secret key is configured. */
  readonly directory: ClerkDirectory | null
  readonly webhooks: ClerkWebhooks
  readonly onUserCreated: OnUserCreated
  readonly onContactsVerified: OnContactsVerified
  readonly onUserDeleting: OnUserDeleting
}

export const users = serviceKey<UsersServices>('users')
