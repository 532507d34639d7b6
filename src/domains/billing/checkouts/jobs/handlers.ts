import { type CronEntry, handle, type JobHandler } from '../../../../platform/jobs/define-job.ts'
import type { BillingServices } from '../../services.ts'
import { endRenewalOf } from '../../subscriptions/end-renewals.ts'
import { endRenewal, prepareCheckout, sweepCheckouts } from '../job-types.ts'
import { sweepOpenCheckouts } from '../sweep-checkouts.ts'

/** The jobs of checkouts and cancellations. */
export function checkoutJobs({ db, clock, log, revenueCat, attemptCheckout }: BillingServices): JobHandler[] {
  return [
    handle(prepareCheckout, ({ id }) => attemptCheckout(id)),
    handle(sweepCheckouts, (_payload, { signal }) => sweepOpenCheckouts(db, clock(), signal)),
    handle(endRenewal, (renewal) => endRenewalOf({ revenueCat, log }, renewal)),
  ]
}

export const checkoutCron: CronEntry[] = [{ job: sweepCheckouts, schedule: '*/5 * * * *' }]
