import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/database/db.ts'
import { ProviderUnavailable } from '../../platform/errors.ts'
import { enqueue, enqueueMany } from '../../platform/queue/jobs.ts'
import { applySnapshot } from './apply-snapshot.ts'
import type { PurchasePorts } from './fold-purchases.ts'
import { refreshCustomer } from './jobs.ts'
import type { RevenueCat } from './ports.ts'
import { readSnapshot } from './read-snapshot.ts'

export interface RefreshPorts extends PurchasePorts {
  readonly db: Database
  readonly revenueCat: RevenueCat
  readonly clock: Clock
}

const shortestWaitMs = 30_000
const longestWaitMs = 10 * 60_000
/** Longer than any wait, so who waits is not lost. */
const lostAfterMs = 15 * 60_000
const batchSize = 1_000

/**
 * Reads a customer who is due, outside of any transaction, and stores what RevenueCat says. Where it does not answer it
 * is asked again when it says, or after as long as it has been waited for.
 */
export async function refreshDue(ports: RefreshPorts, userId: string): Promise<void> {
  const { db, revenueCat, clock } = ports
  if (!revenueCat.canRead) return
  const where = { userId, user: { isPresent: true } }
  const dueAt = (await db.prisma.billingCustomer.findFirst({ where }))?.refreshDueAt
  if (!dueAt) return
  try {
    const snapshot = await readSnapshot(db.prisma, revenueCat, userId)
    await db.transaction((tx) => applySnapshot(tx, ports, { userId, snapshot, dueAt, now: clock() }))
  } catch (error) {
    if (!(error instanceof ProviderUnavailable)) throw error
    const runAt = error.retryAt ?? nextTry(dueAt, clock())
    await db.transaction((tx) => enqueue(tx, refreshCustomer, { userId }, { key: userId, runAt }))
  }
}

function nextTry(dueAt: Date, now: Date): Date {
  const waited = now.getTime() - dueAt.getTime()
  return new Date(now.getTime() + Math.min(Math.max(waited, shortestWaitMs), longestWaitMs))
}

/** Gives those another job who have been due for long. */
export async function resumeRefreshing(db: Database, now: Date): Promise<void> {
  const lost = await db.prisma.billingCustomer.findMany({
    where: { refreshDueAt: { lt: new Date(now.getTime() - lostAfterMs) } },
    select: { userId: true },
    orderBy: { refreshDueAt: 'asc' },
    take: batchSize,
  })
  const jobs = lost.map(({ userId }) => ({ payload: { userId }, key: userId }))
  await db.transaction((tx) => enqueueMany(tx, refreshCustomer, jobs))
}
