import { type CronEntry, handle, type JobHandler } from '../../../platform/jobs/define-job.ts'
import { readActivityFile } from '../commands/read-activity-file.ts'
import { sweepAwaiting } from '../commands/sweep-awaiting.ts'
import { sweepStuck } from '../commands/sweep-stuck.ts'
import * as jobs from '../job-types.ts'
import type { ActivitiesServices } from '../services.ts'

export function activitiesJobs(services: ActivitiesServices): JobHandler[] {
  return [
    handle(jobs.readActivityFile, ({ activityId }, run) => readActivityFile(services, activityId, run)),
    handle(jobs.sweepAwaiting, () => sweepAwaiting(services.db, services.clock())),
    handle(jobs.sweepStuck, () => sweepStuck(services.db)),
  ]
}

export const activitiesCron: CronEntry[] = [
  { job: jobs.sweepAwaiting, schedule: '5 * * * *' },
  { job: jobs.sweepStuck, schedule: '45 * * * *' },
]
