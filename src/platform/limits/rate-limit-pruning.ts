import { z } from 'zod'
import type { Database } from '../database/db.ts'
import { type CronEntry, defineJob, handle, type JobHandler } from '../queue/jobs.ts'

const pruneRateLimits = defineJob('platform.prune-rate-limits', z.object({}))

/** Forgets what counts no more. By the time of the database: what lapsed a moment ago by another clock stays a little. */
export function rateLimitWorker({ db }: { db: Database }): JobHandler[] {
  return [
    handle(pruneRateLimits, async () => {
      await db.prisma
        .$executeRaw`DELETE FROM rate_limits WHERE expire < extract(epoch FROM now() - interval '1 minute') * 1000`
    }),
  ]
}

export const rateLimitCron: CronEntry[] = [{ job: pruneRateLimits, schedule: '*/10 * * * *' }]
