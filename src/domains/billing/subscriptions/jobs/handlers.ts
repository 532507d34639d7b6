import { type CronEntry, handle, type JobHandler } from '../../../../platform/jobs/define-job.ts'
import type { BillingServices } from '../../services.ts'
import { notifyOfProblem } from '../billing-problem.ts'
import * as jobs from '../job-types.ts'
import { refreshDue, resumeRefreshing } from '../refresh-customer.ts'
import { resumeSettling, settleAhead, settleSubscription } from '../settle-subscription.ts'

/** The jobs of subscriptions. */
export function subscriptionJobs(services: BillingServices): JobHandler[] {
  const { db, clock, notifyUsers } = services
  return [
    handle(jobs.settle, ({ id }) => db.transaction((tx) => settleSubscription(tx, services, { id, now: clock() }))),
    handle(jobs.notifyProblem, ({ id }) =>
      db.transaction((tx) => notifyOfProblem(tx, notifyUsers, { id, now: clock() })),
    ),
    handle(jobs.settleLost, (_payload, { signal }) => resumeSettling(db, clock(), signal)),
    handle(jobs.settleAhead, (_payload, { signal }) => settleAhead(db, clock(), signal)),
    handle(jobs.refreshCustomer, ({ userId }) => refreshDue(services, userId)),
    handle(jobs.refreshLost, (_payload, { signal }) => resumeRefreshing(db, clock(), signal)),
  ]
}

export const subscriptionCron: CronEntry[] = [
  { job: jobs.settleLost, schedule: '*/5 * * * *' },
  { job: jobs.settleAhead, schedule: '35 * * * *' },
  { job: jobs.refreshLost, schedule: '*/5 * * * *' },
]
