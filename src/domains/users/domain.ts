import './graphql/schema.ts'
import { defineDomain } from '../define-domain.ts'
import { clerkInbox } from './clerk-inbox.ts'
import { createAuthenticator } from './commands/authenticate.ts'
import { createEmails, emailPlace } from './emails.ts'
import { userMessages } from './messages.ts'
import { clerkEventsOf, profileOfUser, textsOfUser } from './personal-data.ts'
import { type UsersServices, type UsersVendors, users } from './services.ts'
import { clerkWebhook } from './webhook.ts'

/** Users, synced with Clerk. */
export const usersDomain = defineDomain<UsersVendors, UsersServices>({
  name: 'users',
  key: users,
  build({ platform, vendors: { verifier, directory, clerkWebhooks: webhooks }, declarations }) {
    const { db, clock, encryptor, config } = platform
    const { onUserCreated, onContactsVerified, onUserDeleting } = declarations
    const emails = createEmails(encryptor, config.privacy.indexKey)
    const hooks = { onUserCreated, onContactsVerified }
    const authenticator = createAuthenticator({ db, verifier, directory, emails, ...hooks })
    return { db, clock, encryptor, emails, authenticator, directory, webhooks, ...hooks, onUserDeleting }
  },
  webhooks: (services) => [
    { endpoint: clerkWebhook(services), inbox: clerkInbox(services), userEventsFilter: clerkEventsOf },
  ],
  messages: [userMessages],
  personalData: ({ emails }) => [textsOfUser, profileOfUser({ emails })],
  encryptedColumns: [{ table: 'users', column: 'email_encrypted', place: emailPlace }],
})
