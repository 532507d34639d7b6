import type { Clock } from '../../platform/clock.ts'
import { type CronEntry, handle, type JobHandler } from '../../platform/queue/jobs.ts'
import * as jobs from './jobs.ts'
import { type ReadActivityFilePorts, readActivityFile } from './read-activity-file.ts'
import { sweepAwaiting } from './sweep-awaiting.ts'
import { sweepStuck } from './sweep-stuck.ts'

export interface ActivitiesWorkerPorts extends ReadActivityFilePorts {
  readonly clock: Clock
}

export function activitiesWorker(ports: ActivitiesWorkerPorts): JobHandler[] {
  return [
    handle(jobs.readActivityFile, ({ activityId }, run) => readActivityFile(ports, activityId, run)),
    handle(jobs.sweepAwaiting, () => sweepAwaiting(ports.db, ports.clock())),
    handle(jobs.sweepStuck, () => sweepStuck(ports.db)),
  ]
}

export const activitiesCron: CronEntry[] = [
  { job: jobs.sweepAwaiting, schedule: '5 * * * *' },
  { job: jobs.sweepStuck, schedule: '45 * * * *' },
]
