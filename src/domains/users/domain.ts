import './graphql/schema.ts'
import { defineDomain } from '../define-domain.ts'
import { clerkInbox } from './clerk-inbox.ts'
import { createAuthenticator } from './commands/authenticate.ts'
import { createEmails, emailPlace } from './emails.ts'
import { clerkEventsOf, profileOfUser, textsOfUser } from './personal-data.ts'
import { type UsersServices, type UsersVendors, users } from './services.ts'
import { clerkWebhook } from './webhook.ts'

/** Users, synced with Clerk. */
export const usersDomain = defineDomain<UsersVendors, UsersServices>({
  name: 'users',
  key: users,
  build({ platform, vendors: { verifier, directory, clerkWebhooks: webhooks }, declarations }) {
    const { db, clock, encryptor, config } = platform
    const { onUserCreated, onUserDeleting } = declarations
    const emails = createEmails(encryptor, config.privacy.indexKey)
    const authenticator = createAuthenticator({ db, verifier, directory, emails, onUserCreated })
    return { db, clock, encryptor, emails, authenticator, directory, webhooks, onUserCreated, onUserDeleting }
  },
  webhooks: (services) => [
    { endpoint: clerkWebhook(services), inbox: clerkInbox(services), userEventsFilter: clerkEventsOf },
  ],
  personalData: ({ emails }) => [textsOfUser, profileOfUser({ emails })],
  encryptedColumns: [{ table: 'users', column: 'email_encrypted', place: emailPlace }],
})
