import { z } from 'zod'
import { Prisma } from '../../generated/prisma/client.ts'
import type { Clock } from '../clock.ts'
import type { Database } from '../database/db.ts'
import { deleteInBatches } from '../database/delete-in-batches.ts'
import { inBatches } from '../database/in-batches.ts'
import { type CronEntry, defineJob, handle, type JobHandler } from '../jobs/define-job.ts'
import { keptDays, longestOpenHours, type StreamKey } from './stream.ts'
import type { Streams } from './streams.ts'

const pruneStreams = defineJob({ name: 'platform.prune-streams', payload: z.object({}), priority: 'maintenance' })

export interface StreamsPruning {
  readonly db: Database
  readonly streams: Pick<Streams, 'end'>
  readonly clock: Clock
}

/** Ends the streams whose writers left them open, and deletes those that ended a week ago, once an hour. */
export function streamsWorker({ db, streams, clock }: StreamsPruning): JobHandler[] {
  return [
    handle(pruneStreams, async () => {
      const now = clock()
      const openedBefore = new Date(now.getTime() - longestOpenHours * 3_600_000)
      // Each in a transaction of its own, which reads and stores the text.
      await inBatches({ size: 1 }, () =>
        db.transaction(async (tx) => {
          const [stream] = await tx.$queryRaw<StreamKey[]>`
            SELECT user_id AS "userId", id FROM streams WHERE ended_at IS NULL AND opened_at < ${openedBefore}
            ORDER BY opened_at LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED`
          if (!stream) return 0
          await streams.end(tx, stream, { outcome: 'ABANDONED', now })
          return 1
        }),
      )
      const where = Prisma.sql`ended_at < ${new Date(now.getTime() - keptDays * 86_400_000)}`
      await deleteInBatches(db, { from: 'streams', where, orderBy: 'ended_at' })
    }),
  ]
}

export const streamsCron: CronEntry[] = [{ job: pruneStreams, schedule: '50 * * * *' }]
