import './graphql/schema.ts'
import { billing } from '../billing/index.ts'
import { defineDomain } from '../define-domain.ts'
import { uploads } from '../uploads/index.ts'
import { users } from '../users/index.ts'
import { scheduleErasure } from './commands/schedule-erasure.ts'
import { privacyCron, privacyJobs } from './jobs/handlers.ts'
import { privacyMessages } from './messages.ts'
import { exportsOfUser } from './personal-data.ts'
import { type PrivacyServices, privacy } from './services.ts'

/** Exports and erases the data that all domains store about a user. */
export const privacyDomain = defineDomain<unknown, PrivacyServices>({
  name: 'privacy',
  key: privacy,
  build: ({ platform: { db, clock }, services, declarations }) => ({
    db,
    clock,
    bucket: services(uploads).bucket,
    users: services(users),
    billing: services(billing),
    personalData: declarations.personalData,
  }),
  jobs: privacyJobs,
  cron: privacyCron,
  onUserDeleting: () => scheduleErasure,
  messages: [privacyMessages],
  personalData: ({ db, bucket }) => [exportsOfUser({ db, bucket })],
})
