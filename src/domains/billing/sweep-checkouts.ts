import type { Database } from '../../platform/database/db.ts'
import { inBatches } from '../../platform/database/in-batches.ts'
import { enqueueMany } from '../../platform/queue/jobs.ts'
import { prepareCheckout } from './checkout-jobs.ts'

const endedAtOnce = 1_000
const lostAtOnce = 100
/** A job that is only late is left alone. */
const lostMs = 5 * 60_000

/** Ends checkouts that nothing came of, and gives 100 of those a job whose own is lost. */
export async function sweepOpenCheckouts(db: Database, now: Date): Promise<void> {
  // One after the other: of each the index is in the order of its deadlines.
  for (const status of ['PENDING', 'READY']) {
    await inBatches({ size: endedAtOnce }, (size) => expire(db, { status, now, size }))
  }
  const lost = await db.prisma.checkout.findMany({
    where: { status: 'PENDING', nextAttemptAt: { lte: new Date(now.getTime() - lostMs) } },
    select: { id: true },
    orderBy: [{ nextAttemptAt: 'asc' }, { id: 'asc' }],
    take: lostAtOnce,
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
