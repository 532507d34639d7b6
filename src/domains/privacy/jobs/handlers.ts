import { type CronEntry, handle, type JobHandler } from '../../../platform/jobs/define-job.ts'
import { eraseLate, eraseUser } from '../commands/erase-user.ts'
import { expireExports } from '../commands/expire-exports.ts'
import { removeEndedExport } from '../commands/remove-export.ts'
import { resumeErasures } from '../commands/resume-erasures.ts'
import { writeDataExport } from '../commands/write-data-export.ts'
import * as jobs from '../job-types.ts'
import type { PrivacyServices } from '../services.ts'

export function privacyJobs(services: PrivacyServices): JobHandler[] {
  const { db, clock } = services
  return [
    handle(jobs.eraseUser, ({ userId }) => eraseUser(services, userId)),
    handle(jobs.eraseStragglers, ({ userId }) => eraseLate(services, userId)),
    handle(jobs.resumeErasures, () => resumeErasures(db)),
    handle(jobs.writeExport, (ref, run) => writeDataExport(services, ref, run)),
    handle(jobs.removeExport, (ref) => removeEndedExport(services, ref)),
    handle(jobs.expireExports, () => expireExports(db, clock())),
  ]
}

export const privacyCron: CronEntry[] = [
  { job: jobs.resumeErasures, schedule: '15 * * * *' },
  { job: jobs.expireExports, schedule: '25 * * * *' },
]
