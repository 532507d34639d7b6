import { type CronEntry, handle, type JobHandler } from '../../../platform/jobs/define-job.ts'
import { removeUploadObject } from '../commands/remove-object.ts'
import { sweepUploads } from '../commands/sweep-uploads.ts'
import { removeObject, sweepUploads as sweepUploadsJob } from '../job-types.ts'
import type { UploadsServices } from '../services.ts'

export function uploadsJobs(services: UploadsServices): JobHandler[] {
  return [
    handle(removeObject, (payload) => removeUploadObject(services.bucket, payload)),
    handle(sweepUploadsJob, async () => {
      await sweepUploads(services, services.clock())
    }),
  ]
}

export const uploadsCron: CronEntry[] = [{ job: sweepUploadsJob, schedule: '*/10 * * * *' }]
