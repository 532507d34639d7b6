import './graphql/schema.ts'
import { createBlindIndex } from '../../platform/encryption/blind-index.ts'
import { defineDomain } from '../define-domain.ts'
import { notifications as userNotifications } from '../notifications/index.ts'
import { users } from '../users/index.ts'
import { awaitSignUpGift, grantSignUpGift } from './commands/grant-sign-up-gift.ts'
import { importLegacyCredits } from './commands/import-legacy-credits.ts'
import { creditsRevoked, creditsRevokedMessages } from './credits-revoked.ts'
import { creditsCron, creditsJobs } from './jobs/handlers.ts'
import { creditMessages } from './messages.ts'
import { creditsOfUser } from './personal-data.ts'
import { type CreditsServices, credits } from './services.ts'

/** Users have a few addresses and phone numbers; the rest does not count. */
const maxContacts = 100

/** Credits of users: a double-entry ledger in SQL. */
export const creditsDomain = defineDomain<unknown, CreditsServices>({
  name: 'credits',
  key: credits,
  build({ platform, services, declarations }) {
    const { db, clock, log, metrics, notifications, config } = platform
    const { emails } = services(users)
    const { notifyUsers } = services(userNotifications)
    const { signUpCredits } = config
    const grantInputHash = createBlindIndex(config.privacy.indexKey, 'admin_grant_keys.input')
    const holdOwners = declarations.creditHolds
    return { db, clock, log, metrics, notifications, emails, notifyUsers, grantInputHash, signUpCredits, holdOwners }
  },
  jobs: creditsJobs,
  cron: creditsCron,
  // New users get the sign-up gift, once an address or phone number is verified; users of the legacy system keep the
  // credits that they had there instead.
  onUserCreated:
    ({ signUpCredits }) =>
    (tx, { userId, isNew, now }) =>
      isNew ? awaitSignUpGift(tx, { amount: signUpCredits, userId, now }) : importLegacyCredits(tx, { userId, now }),
  onContactsVerified:
    ({ signUpCredits, emails }) =>
    (tx, { userId, contacts, now }) => {
      const hashes = contacts.slice(0, maxContacts).map(emails.erasedHashOf)
      return grantSignUpGift(tx, { amount: signUpCredits, userId, hashes, now })
    },
  notificationKinds: [creditsRevoked],
  messages: [creditMessages, creditsRevokedMessages],
  personalData: () => [creditsOfUser],
})
