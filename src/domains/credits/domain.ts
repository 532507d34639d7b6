import './graphql/schema.ts'
import { defineDomain } from '../define-domain.ts'
import { users } from '../users/index.ts'
import { grantSignUpGift } from './commands/grant-sign-up-gift.ts'
import { importLegacyCredits } from './commands/import-legacy-credits.ts'
import { creditsCron, creditsJobs } from './jobs/handlers.ts'
import { creditsOfUser } from './personal-data.ts'
import { type CreditsServices, credits } from './services.ts'

/** Credits of users: a double-entry ledger in SQL. */
export const creditsDomain = defineDomain<unknown, CreditsServices>({
  name: 'credits',
  key: credits,
  build({ platform, services, declarations }) {
    const { db, clock, log, metrics, notifications, config } = platform
    const { emails } = services(users)
    const { signUpCredits } = config
    return { db, clock, log, metrics, notifications, emails, signUpCredits, holdOwners: declarations.creditHolds }
  },
  jobs: creditsJobs,
  cron: creditsCron,
  // New users get the sign-up gift; users of the legacy system keep the credits that they had there instead.
  onUserCreated:
    ({ signUpCredits, emails }) =>
    async (tx, { userId, email, isNew, now }) => {
      if (!isNew) return importLegacyCredits(tx, { userId, now })
      const addressHash = email === null ? null : emails.erasedHashOf(email)
      await grantSignUpGift(tx, { amount: signUpCredits, userId, addressHash, now })
    },
  personalData: () => [creditsOfUser],
})
