import { activitiesCron, activitiesWorker } from '../domains/activities/worker.ts'
import { uploadsCron, uploadsWorker } from '../domains/uploads/worker.ts'
import { idempotencyCron, idempotencyWorker } from '../platform/idempotency-pruning.ts'
import type { CronEntry, JobHandler } from '../platform/jobs.ts'
import type { App } from './app.ts'
import { uploadOwners } from './upload-owners.ts'

/** Every domain's background work. */
export function jobHandlers({ db, clock, adapters }: App): JobHandler[] {
  const { bucket, recordingReader: reader } = adapters
  return [
    ...idempotencyWorker({ db, clock }),
    ...uploadsWorker({ db, bucket, clock, owners: uploadOwners }),
    ...activitiesWorker({ db, bucket, reader, clock }),
  ]
}

export const crontab: readonly CronEntry[] = [...idempotencyCron, ...uploadsCron, ...activitiesCron]
