import { type CronEntry, handle, type JobHandler } from '../../../../platform/jobs/define-job.ts'
import type { BillingServices } from '../../services.ts'
import * as jobs from '../job-types.ts'
import { refreshDue, resumeRefreshing } from '../refresh-customer.ts'
import { resumeSettling, settleSubscription } from '../settle-subscription.ts'

/** The jobs of subscriptions. */
export function subscriptionJobs(services: BillingServices): JobHandler[] {
  const { db, clock } = services
  return [
    handle(jobs.settle, ({ id }) => db.transaction((tx) => settleSubscription(tx, services, { id, now: clock() }))),
    handle(jobs.settleLost, () => resumeSettling(db, clock())),
    handle(jobs.refreshCustomer, ({ userId }) => refreshDue(services, userId)),
    handle(jobs.refreshLost, () => resumeRefreshing(db, clock())),
  ]
}

export const subscriptionCron: CronEntry[] = [
  { job: jobs.settleLost, schedule: '*/5 * * * *' },
  { job: jobs.refreshLost, schedule: '*/5 * * * *' },
]
