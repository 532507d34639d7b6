import { type CronEntry, handle, type JobHandler } from '../../platform/queue/jobs.ts'
import { type EraseUserPorts, eraseLate, eraseUser } from './erase-user.ts'
import { expireExports } from './expire-exports.ts'
import * as jobs from './jobs.ts'
import { forgetErasedAddresses } from './keep-erased-address.ts'
import { removeEndedExport } from './remove-export.ts'
import { resumeErasures } from './resume-erasures.ts'
import { type WriteDataExportPorts, writeDataExport } from './write-data-export.ts'

export type PrivacyWorkerPorts = EraseUserPorts & WriteDataExportPorts

export function privacyWorker(ports: PrivacyWorkerPorts): JobHandler[] {
  const { db, clock } = ports
  return [
    handle(jobs.eraseUser, ({ userId }) => eraseUser(ports, userId)),
    handle(jobs.eraseStragglers, ({ userId }) => eraseLate(ports, userId)),
    handle(jobs.resumeErasures, () => resumeErasures(db)),
    handle(jobs.forgetAddresses, () => forgetErasedAddresses(db, clock())),
    handle(jobs.writeExport, (ref, run) => writeDataExport(ports, ref, run)),
    handle(jobs.removeExport, (ref) => removeEndedExport(ports, ref)),
    handle(jobs.expireExports, () => expireExports(db, clock())),
  ]
}

export const privacyCron: CronEntry[] = [
  { job: jobs.resumeErasures, schedule: '15 * * * *' },
  { job: jobs.expireExports, schedule: '25 * * * *' },
  { job: jobs.forgetAddresses, schedule: '40 3 * * *' },
]
