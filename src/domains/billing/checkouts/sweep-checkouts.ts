import type { Database } from '../../../platform/database/db.ts'
import { inBatches } from '../../../platform/database/in-batches.ts'
import { enqueueMany } from '../../../platform/jobs/define-job.ts'
import { prepareCheckout } from './job-types.ts'

const expiredPerBatch = 1_000
const maxLost = 100
/** A job is lost when its attempt is overdue by this; until then it may only be late. */
const lostAfterMs = 5 * 60_000

/** Expires open checkouts, and adds a new job for up to 100 whose job was lost. */
export async function sweepOpenCheckouts(db: Database, now: Date): Promise<void> {
  // One status per statement: the index is in order of expiry within a status.
  for (const status of ['PENDING', 'READY']) {
    await inBatches({ size: expiredPerBatch }, (size) => expire(db, { status, now, size }))
  }
  const lost = await db.prisma.checkout.findMany({
    where: { status: 'PENDING', nextAttemptAt: { lte: new Date(now.getTime() - lostAfterMs) } },
    select: { id: true },
    orderBy: [{ nextAttemptAt: 'asc' }, { id: 'asc' }],
    take: maxLost,
  })
  const jobs = lost.map(({ id }) => ({ payload: { id }, key: id }))
  await db.transaction((tx) => enqueueMany(tx, prepareCheckout, jobs))
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
