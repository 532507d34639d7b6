import { type CronEntry, handle, type JobHandler } from '../../../platform/jobs/define-job.ts'
import { deliverNotification } from '../deliveries/deliver-notification.ts'
import { sweepDeliveries } from '../deliveries/sweep-deliveries.ts'
import { pruneNotifications } from '../inbox/prune-notifications.ts'
import * as jobs from '../job-types.ts'
import type { NotificationsServices } from '../services.ts'

export function notificationsJobs(services: NotificationsServices): JobHandler[] {
  const { db, clock } = services
  return [
    handle(jobs.deliver, (key) => deliverNotification(services, key)),
    handle(jobs.sweepDeliveries, (_payload, { signal }) => sweepDeliveries(db, clock(), signal)),
    handle(jobs.prune, () => pruneNotifications(db, clock())),
  ]
}

export const notificationsCron: CronEntry[] = [
  { job: jobs.sweepDeliveries, schedule: '*/5 * * * *' },
  { job: jobs.prune, schedule: '25 3 * * *' },
]
