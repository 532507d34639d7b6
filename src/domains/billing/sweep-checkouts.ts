import type { Tx } from '../../platform/database/db.ts'
import { enqueueMany } from '../../platform/queue/jobs.ts'
import { prepareCheckout } from './checkout-jobs.ts'

const batchSize = 100
/** A job that is only late is left alone. */
const lostMs = 5 * 60_000

/** Ends checkouts that nothing came of, and gives those a job whose own is lost, 100 at a time. */
export async function sweepOpenCheckouts(tx: Tx, now: Date): Promise<void> {
  await tx.checkout.updateMany({
    where: { status: { in: ['PENDING', 'READY'] }, expiresAt: { lte: now } },
    data: { status: 'EXPIRED', nextAttemptAt: null },
  })
  const lost = await tx.checkout.findMany({
    where: { status: 'PENDING', nextAttemptAt: { lte: new Date(now.getTime() - lostMs) } },
    select: { id: true },
    orderBy: [{ nextAttemptAt: 'asc' }, { id: 'asc' }],
    take: batchSize,
  })
  const jobs = lost.map(({ id }) => ({ payload: { id }, key: id }))
  await enqueueMany(tx, prepareCheckout, jobs)
}
