import { activitiesCron, activitiesWorker } from '../domains/activities/worker.ts'
import { creditsCron, creditsWorker } from '../domains/credits/worker.ts'
import { scheduleErasure } from '../domains/privacy/index.ts'
import { privacyCron, privacyWorker } from '../domains/privacy/worker.ts'
import { uploadsCron, uploadsWorker } from '../domains/uploads/worker.ts'
import { clerkInbox } from '../domains/users/index.ts'
import { idempotencyCron, idempotencyWorker } from '../platform/idempotency-pruning.ts'
import { inboxCron, inboxWorker } from '../platform/inbox-worker.ts'
import type { CronEntry, JobHandler } from '../platform/jobs.ts'
import type { App } from './app.ts'
import { holdOwners } from './hold-owners.ts'
import { personalData } from './personal-data.ts'
import { uploadOwners } from './upload-owners.ts'

/** Every domain's background work. */
export function jobHandlers(app: App): JobHandler[] {
  const { config, db, clock, log, metrics, sealer, emails, onArrival, adapters } = app
  const { bucket, directory, recordingReader: reader, clerkWebhooks } = adapters
  const sources = [clerkInbox({ webhooks: clerkWebhooks, emails, onArrival, onDeleting: scheduleErasure, clock })]
  return [
    ...idempotencyWorker({ db, clock }),
    ...inboxWorker({ db, sealer, clock, log, metrics, sources, retentionDays: config.inboxRetentionDays }),
    ...creditsWorker({ db, clock, log, metrics, holdOwners }),
    ...uploadsWorker({ db, bucket, clock, owners: uploadOwners }),
    ...activitiesWorker({ db, bucket, reader, clock }),
    ...privacyWorker({ db, bucket, directory, emails, clock, personalData: personalData(app) }),
  ]
}

export const crontab: readonly CronEntry[] = [
  ...idempotencyCron,
  ...inboxCron,
  ...creditsCron,
  ...uploadsCron,
  ...activitiesCron,
  ...privacyCron,
]
