import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/database/db.ts'
import { type CronEntry, handle, type JobHandler } from '../../platform/queue/jobs.ts'
import type { CountUpload } from './count-uploads.ts'
import { removeObject, sweepUploads as sweepUploadsJob } from './jobs.ts'
import type { UploadOwners } from './owners.ts'
import type { Bucket } from './ports.ts'
import { removeUploadObject } from './remove-object.ts'
import { sweepUploads } from './sweep-uploads.ts'

export interface UploadsWorkerPorts {
  readonly db: Database
  readonly bucket: Bucket
  readonly owners: UploadOwners
  readonly clock: Clock
  readonly countUpload: CountUpload
}

export function uploadsWorker(ports: UploadsWorkerPorts): JobHandler[] {
  return [
    handle(removeObject, (payload) => removeUploadObject(ports.bucket, payload)),
    handle(sweepUploadsJob, async () => {
      await sweepUploads(ports, ports.clock())
    }),
  ]
}

export const uploadsCron: CronEntry[] = [{ job: sweepUploadsJob, schedule: '*/10 * * * *' }]
