import { z } from 'zod'
import { Prisma } from '../../generated/prisma/client.ts'
import type { Database } from '../database/db.ts'
import { deleteInBatches } from '../database/delete-in-batches.ts'
import { type CronEntry, defineJob, handle, type JobHandler } from '../jobs/define-job.ts'

const pruneRateLimits = defineJob({
  name: 'platform.prune-rate-limits',
  payload: z.object({}),
  priority: 'maintenance',
})

/**
 * Deletes expired counters, by the clock of the database. One minute of grace allows for the clocks of other processes.
 */
export function rateLimitWorker({ db }: { db: Database }): JobHandler[] {
  return [
    handle(pruneRateLimits, async () => {
      // A bigint, as the column is: the index cannot serve the numeric that extract returns.
      const where = Prisma.sql`expire < (extract(epoch FROM now() - interval '1 minute') * 1000)::bigint`
      await deleteInBatches(db, { from: 'rate_limits', where, orderBy: 'expire' })
    }),
  ]
}

export const rateLimitCron: CronEntry[] = [{ job: pruneRateLimits, schedule: '*/10 * * * *' }]
