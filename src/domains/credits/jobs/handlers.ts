import { type CronEntry, handle, type JobHandler } from '../../../platform/jobs/define-job.ts'
import { expireLots } from '../commands/expire.ts'
import { forgetGiftedAddresses } from '../commands/grant-sign-up-gift.ts'
import { forgetErasedAddresses } from '../commands/keep-erased-address.ts'
import { sweepHolds } from '../commands/sweep-holds.ts'
import { notifyOfRevocation } from '../credits-revoked.ts'
import * as jobs from '../job-types.ts'
import type { CreditsServices } from '../services.ts'
import { observeVerification } from './observe-verification.ts'

export function creditsJobs(services: CreditsServices): JobHandler[] {
  const { db, clock, holdOwners, notifyUsers } = services
  return [
    handle(jobs.expireLots, async () => {
      await expireLots(db, clock())
    }),
    handle(jobs.sweepHolds, async (_payload, { signal }) => {
      await sweepHolds(db, holdOwners(), clock(), signal)
    }),
    handle(jobs.notifyRevoked, ({ transactionId }) =>
      db.transaction((tx) => notifyOfRevocation(tx, notifyUsers, { transactionId, now: clock() })),
    ),
    handle(jobs.forgetAddresses, async () => {
      await forgetGiftedAddresses(db, clock())
      await forgetErasedAddresses(db, clock())
    }),
    handle(jobs.verifyLedger, observeVerification(services)),
  ]
}

export const creditsCron: CronEntry[] = [
  { job: jobs.sweepHolds, schedule: '*/5 * * * *' },
  { job: jobs.expireLots, schedule: '10 0 * * *' },
  { job: jobs.forgetAddresses, schedule: '50 3 * * *' },
  { job: jobs.verifyLedger, schedule: '30 2 * * *' },
]
