import type { Clock } from '../../platform/clock.ts'
import { type CronEntry, handle, type JobHandler } from '../../platform/jobs.ts'
import { readActivityFile as readActivityFileJob, sweepAwaiting as sweepAwaitingJob } from './jobs.ts'
import { type ReadActivityFilePorts, readActivityFile } from './read-activity-file.ts'
import { sweepAwaiting } from './sweep-awaiting.ts'

export interface ActivitiesWorkerPorts extends ReadActivityFilePorts {
  readonly clock: Clock
}

export function activitiesWorker(ports: ActivitiesWorkerPorts): JobHandler[] {
  return [
    handle(readActivityFileJob, ({ activityId }, run) => readActivityFile(ports, activityId, run)),
    handle(sweepAwaitingJob, () => sweepAwaiting(ports.db, ports.clock())),
  ]
}

export const activitiesCron: CronEntry[] = [{ job: sweepAwaitingJob, schedule: '5 * * * *' }]
