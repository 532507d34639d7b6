import { activitiesCron, activitiesWorker } from '../domains/activities/worker.ts'
import { checkoutCron, checkoutWorker } from '../domains/billing/checkout-worker.ts'
import { checkoutAttempts, purchaseInbox } from '../domains/billing/index.ts'
import { billingCron, billingWorker } from '../domains/billing/worker.ts'
import { creditsCron, creditsWorker } from '../domains/credits/worker.ts'
import { scheduleErasure } from '../domains/privacy/index.ts'
import { privacyCron, privacyWorker } from '../domains/privacy/worker.ts'
import { uploadCounter } from '../domains/uploads/index.ts'
import { uploadsCron, uploadsWorker } from '../domains/uploads/worker.ts'
import { clerkInbox } from '../domains/users/index.ts'
import { idempotencyCron, idempotencyWorker } from '../platform/idempotency/idempotency-pruning.ts'
import { inboxCron, inboxWorker } from '../platform/inbox/inbox-worker.ts'
import { rateLimitCron, rateLimitWorker } from '../platform/limits/rate-limit-pruning.ts'
import { countJobs } from '../platform/queue/job-metrics.ts'
import type { CronEntry, JobHandler } from '../platform/queue/jobs.ts'
import type { App } from './app.ts'
import { holdOwners } from './hold-owners.ts'
import { personalData } from './personal-data.ts'
import { uploadOwners } from './upload-owners.ts'

/** Every domain's background work. */
export function jobHandlers(app: App): JobHandler[] {
  const { config, db, clock, log, metrics, sealer, emails, onArrival, purchases, adapters } = app
  const { bucket, directory, recordingReader: reader, clerkWebhooks, purchaseWebhooks, revenueCat } = adapters
  const attemptCheckout = checkoutAttempts({ db, revenueCat, clock, log, metrics })
  const sources = [
    clerkInbox({ webhooks: clerkWebhooks, emails, onArrival, onDeleting: scheduleErasure, clock }),
    purchaseInbox({ ...purchases, webhooks: purchaseWebhooks, clock }),
  ]
  return countJobs(metrics, [
    ...idempotencyWorker({ db, clock }),
    ...rateLimitWorker({ db }),
    ...inboxWorker({ db, sealer, clock, log, metrics, sources, retentionDays: config.inboxRetentionDays }),
    ...creditsWorker({ db, clock, log, metrics, holdOwners }),
    ...billingWorker({ ...purchases, db, revenueCat, clock }),
    ...checkoutWorker({ db, clock, log, revenueCat, attemptCheckout }),
    ...uploadsWorker({ db, bucket, clock, owners: uploadOwners, countUpload: uploadCounter(metrics) }),
    ...activitiesWorker({ db, bucket, reader, clock }),
    ...privacyWorker({ db, bucket, directory, emails, clock, personalData: personalData(app) }),
  ])
}

export const crontab: readonly CronEntry[] = [
  ...idempotencyCron,
  ...rateLimitCron,
  ...inboxCron,
  ...creditsCron,
  ...billingCron,
  ...checkoutCron,
  ...uploadsCron,
  ...activitiesCron,
  ...privacyCron,
]
