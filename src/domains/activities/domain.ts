import './graphql/schema.ts'
import { defineDomain } from '../define-domain.ts'
import { uploads } from '../uploads/index.ts'
import { activitiesCron, activitiesJobs } from './jobs/handlers.ts'
import { activityMessages, recordingMessages } from './messages.ts'
import { activitiesOfUser } from './personal-data.ts'
import { type ActivitiesServices, type ActivitiesVendors, activities } from './services.ts'
import { activityUploads } from './upload-kind.ts'

/** Recorded activities, read from the files of watches and phones. */
export const activitiesDomain = defineDomain<ActivitiesVendors, ActivitiesServices>({
  name: 'activities',
  key: activities,
  build: ({ platform: { db, clock, notifications }, vendors: { recordingReader: reader }, services }) => ({
    db,
    clock,
    notifications,
    bucket: services(uploads).bucket,
    reader,
  }),
  jobs: activitiesJobs,
  cron: activitiesCron,
  uploadKinds: [activityUploads],
  messages: [activityMessages, recordingMessages],
  personalData: ({ db }) => [activitiesOfUser({ db })],
})
