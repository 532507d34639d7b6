import { defineDomain } from '../define-domain.ts'
import { usage } from '../usage/index.ts'
import { uploadCounter } from './count-uploads.ts'
import { defineUploadKinds } from './graphql/schema.ts'
import { uploadsCron, uploadsJobs } from './jobs/handlers.ts'
import { uploadMessages } from './messages.ts'
import { uploadsOfUser } from './personal-data.ts'
import { type UploadsServices, type UploadsVendors, uploads } from './services.ts'
import { uploadKindsOf } from './upload-kinds.ts'

/** Uploads to the private bucket, and the files in it. */
export const uploadsDomain = defineDomain<UploadsVendors, UploadsServices>({
  name: 'uploads',
  key: uploads,
  build: ({ platform: { db, clock, metrics }, vendors: { bucket, bucketProbe }, services, declarations }) => ({
    db,
    clock,
    bucket,
    bucketProbe,
    kinds: uploadKindsOf(declarations.uploadKinds),
    usage: services(usage),
    countUpload: uploadCounter(metrics),
  }),
  graphql: ({ uploadKinds }) => defineUploadKinds(uploadKinds),
  jobs: uploadsJobs,
  cron: uploadsCron,
  messages: [uploadMessages],
  personalData: ({ db, bucket }) => [uploadsOfUser({ db, bucket })],
  // Reads an object that does not exist; a wrong bucket, key or network is an error.
  healthChecks: {
    storage: async ({ bucketProbe }) => (await bucketProbe.readStart('health/nothing', 1)) === null,
  },
})
