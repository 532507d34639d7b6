import { z } from 'zod'
import { Prisma } from '../../generated/prisma/client.ts'
import type { Clock } from '../clock.ts'
import type { Database } from '../database/db.ts'
import { deleteInBatches } from '../database/delete-in-batches.ts'
import { type CronEntry, defineJob, handle, type JobHandler } from '../jobs/define-job.ts'
import { keyLifetimeHours } from './idempotency.ts'

const pruneKeys = defineJob({ name: 'platform.prune-idempotency-keys', payload: z.object({}), priority: 'maintenance' })

/** Deletes expired idempotency keys, once an hour. */
export function idempotencyWorker({ db, clock }: { db: Database; clock: Clock }): JobHandler[] {
  return [
    handle(pruneKeys, async () => {
      const expiredBefore = new Date(clock().getTime() - keyLifetimeHours * 3_600_000)
      const where = Prisma.sql`created_at < ${expiredBefore}`
      await deleteInBatches(db, { from: 'idempotency_keys', where, orderBy: 'created_at' })
    }),
  ]
}

export const idempotencyCron: CronEntry[] = [{ job: pruneKeys, schedule: '35 * * * *' }]
