import { z } from 'zod'
import { Prisma } from '../../generated/prisma/client.ts'
import type { Database } from '../database/db.ts'
import { deleteInBatches } from '../database/delete-in-batches.ts'
import { type CronEntry, defineJob, handle, type JobHandler } from '../queue/jobs.ts'

const pruneRateLimits = defineJob('platform.prune-rate-limits', z.object({}))

/** Forgets what counts no more. By the time of the database: what lapsed a moment ago by another clock stays a little. */
export function rateLimitWorker({ db }: { db: Database }): JobHandler[] {
  return [
    handle(pruneRateLimits, async () => {
      // A bigint, as the column is: the index does not serve the numeric that extract gives.
      const where = Prisma.sql`expire < (extract(epoch FROM now() - interval '1 minute') * 1000)::bigint`
      await deleteInBatches(db, { from: 'rate_limits', where, orderBy: 'expire' })
    }),
  ]
}

export const rateLimitCron: CronEntry[] = [{ job: pruneRateLimits, schedule: '*/10 * * * *' }]
