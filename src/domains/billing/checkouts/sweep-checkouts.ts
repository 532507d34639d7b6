import { Prisma } from '../../../generated/prisma/client.ts'
import type { Database } from '../../../platform/database/db.ts'
import { inBatches } from '../../../platform/database/in-batches.ts'
import { enqueueInBatches } from '../../../platform/jobs/enqueue-in-batches.ts'
import { hasDueJob } from '../../../platform/jobs/jobs-by-key.ts'
import { prepareCheckout } from './job-types.ts'

const expiredPerBatch = 1_000
/** A job is lost when its attempt is overdue by this; until then it may only be late. */
const lostAfterMs = 5 * 60_000

/** Expires open checkouts, and adds a new job for those whose job was lost. */
export async function sweepOpenCheckouts(db: Database, now: Date, signal: AbortSignal): Promise<void> {
  // One status per statement: the index is in order of expiry within a status.
  for (const status of ['PENDING', 'READY']) {
    await inBatches({ size: expiredPerBatch, signal }, (size) => expire(db, { status, now, size }))
  }
  const before = new Date(now.getTime() - lostAfterMs)
  await enqueueInBatches(db, prepareCheckout, {
    signal,
    find: (tx, last, size) => tx.$queryRaw`
      SELECT id, next_attempt_at AS at FROM checkouts
      WHERE status = 'PENDING' AND next_attempt_at <= ${before}
        AND ${last ? Prisma.sql`(next_attempt_at, id) > (${last.at}, ${last.id}::uuid)` : Prisma.sql`true`}
        AND NOT ${hasDueJob(prepareCheckout, Prisma.sql`checkouts.id`)}
      ORDER BY next_attempt_at, id LIMIT ${size}`,
    jobOf: ({ id }) => ({ payload: { id }, key: id }),
  })
}

function expire(
  { prisma }: Database,
  { status, now, size }: { readonly status: string; readonly now: Date; readonly size: number },
): Promise<number> {
  return prisma.$executeRaw`
    UPDATE checkouts SET status = 'EXPIRED', next_attempt_at = NULL
    WHERE id = ANY(ARRAY(
      SELECT id FROM checkouts WHERE status = ${status}::"CheckoutStatus" AND expires_at <= ${now}
      ORDER BY expires_at LIMIT ${size} FOR UPDATE SKIP LOCKED))`
}
