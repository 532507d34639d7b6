import { z } from 'zod'
import type { Clock } from '../clock.ts'
import type { Database } from '../database/db.ts'
import { type CronEntry, defineJob, handle, type JobHandler } from '../queue/jobs.ts'
import { keyLifetimeHours } from './idempotency.ts'

const pruneKeys = defineJob('platform.prune-idempotency-keys', z.object({}))

/** Forgets idempotency keys that have lapsed, once an hour. */
export function idempotencyWorker({ db, clock }: { db: Database; clock: Clock }): JobHandler[] {
  return [
    handle(pruneKeys, async () => {
      const lapsed = new Date(clock().getTime() - keyLifetimeHours * 3_600_000)
      await db.prisma.idempotencyKey.deleteMany({ where: { createdAt: { lt: lapsed } } })
    }),
  ]
}

export const idempotencyCron: CronEntry[] = [{ job: pruneKeys, schedule: '35 * * * *' }]
