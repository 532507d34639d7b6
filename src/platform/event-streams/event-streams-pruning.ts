import { z } from 'zod'
import { Prisma } from '../../generated/prisma/client.ts'
import type { Clock } from '../clock.ts'
import type { Database } from '../database/db.ts'
import { deleteInBatches } from '../database/delete-in-batches.ts'
import { type CronEntry, defineJob, handle, type JobHandler } from '../jobs/define-job.ts'

const pruneEventStreams = defineJob({ name: 'platform.prune-event-streams', payload: z.object({}) })

/** Longer than the process that has a stream may take to ask for its expiry. */
const keptMs = 3_600_000

/** Deletes the rows of streams whose process was killed, an hour after their token expired. */
export function eventStreamsWorker({ db, clock }: { readonly db: Database; readonly clock: Clock }): JobHandler[] {
  return [
    handle(pruneEventStreams, async () => {
      const where = Prisma.sql`expires_at < ${new Date(clock().getTime() - keptMs)}`
      await deleteInBatches(db, { from: 'event_streams', where, orderBy: 'expires_at' })
    }),
  ]
}

export const eventStreamsCron: CronEntry[] = [{ job: pruneEventStreams, schedule: '20 * * * *' }]
