import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/database/db.ts'
import { type CronEntry, handle, type JobHandler } from '../../platform/queue/jobs.ts'
import type { Log } from '../../platform/watching/log.ts'
import type { AttemptCheckout } from './attempt-checkout.ts'
import { endRenewal, prepareCheckout, sweepCheckouts } from './checkout-jobs.ts'
import { endRenewalOf } from './end-renewals.ts'
import type { RevenueCat } from './ports.ts'
import { sweepOpenCheckouts } from './sweep-checkouts.ts'

export interface CheckoutWorkerPorts {
  readonly db: Database
  readonly clock: Clock
  readonly log: Log
  readonly revenueCat: RevenueCat
  readonly attemptCheckout: AttemptCheckout
}

/** The background work of checkouts and cancellations. */
export function checkoutWorker({ db, clock, log, revenueCat, attemptCheckout }: CheckoutWorkerPorts): JobHandler[] {
  return [
    handle(prepareCheckout, ({ id }) => attemptCheckout(id)),
    handle(sweepCheckouts, () => sweepOpenCheckouts(db, clock())),
    handle(endRenewal, (renewal) => endRenewalOf({ revenueCat, log }, renewal)),
  ]
}

export const checkoutCron: CronEntry[] = [{ job: sweepCheckouts, schedule: '*/5 * * * *' }]
