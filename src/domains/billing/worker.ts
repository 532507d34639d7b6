import { type CronEntry, handle, type JobHandler } from '../../platform/queue/jobs.ts'
import * as jobs from './jobs.ts'
import { type RefreshPorts, refreshDue, resumeRefreshing } from './refresh-customer.ts'
import { resumeSettling, settleSubscription } from './settle-subscription.ts'

/** The background work of subscriptions. */
export function billingWorker(ports: RefreshPorts): JobHandler[] {
  const { db, clock } = ports
  return [
    handle(jobs.settle, ({ id }) => db.transaction((tx) => settleSubscription(tx, ports, { id, now: clock() }))),
    handle(jobs.settleLost, () => resumeSettling(db, clock())),
    handle(jobs.refreshCustomer, ({ userId }) => refreshDue(ports, userId)),
    handle(jobs.refreshLost, () => resumeRefreshing(db, clock())),
  ]
}

export const billingCron: CronEntry[] = [
  { job: jobs.settleLost, schedule: '*/5 * * * *' },
  { job: jobs.refreshLost, schedule: '*/5 * * * *' },
]
