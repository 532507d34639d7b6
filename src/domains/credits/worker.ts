import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/database/db.ts'
import { type CronEntry, handle, type JobHandler } from '../../platform/queue/jobs.ts'
import type { Log } from '../../platform/watching/log.ts'
import type { Metrics } from '../../platform/watching/metrics.ts'
import { expireLots } from './expire.ts'
import * as jobs from './jobs.ts'
import { forgetGiftedAddresses } from './sign-up-gift.ts'
import { type HoldOwners, sweepHolds } from './sweep-holds.ts'
import { watchedVerification } from './watched-verification.ts'

export interface CreditsWorkerPorts {
  readonly db: Database
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Metrics
  readonly holdOwners: HoldOwners
}

export function creditsWorker(ports: CreditsWorkerPorts): JobHandler[] {
  const { db, clock, holdOwners } = ports
  return [
    handle(jobs.expireLots, async () => {
      await expireLots(db, clock())
    }),
    handle(jobs.sweepHolds, async () => {
      await sweepHolds(db, holdOwners, clock())
    }),
    handle(jobs.forgetAddresses, () => forgetGiftedAddresses(db, clock())),
    handle(jobs.verifyLedger, watchedVerification(ports)),
  ]
}

export const creditsCron: CronEntry[] = [
  { job: jobs.sweepHolds, schedule: '*/5 * * * *' },
  { job: jobs.expireLots, schedule: '10 0 * * *' },
  { job: jobs.forgetAddresses, schedule: '50 3 * * *' },
  { job: jobs.verifyLedger, schedule: '30 2 * * *' },
]
