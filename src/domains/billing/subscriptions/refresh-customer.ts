import type { Database } from '../../../platform/database/db.ts'
import { ProviderUnavailable } from '../../../platform/errors.ts'
import { enqueue, enqueueMany } from '../../../platform/jobs/define-job.ts'
import { type Backoff, delaySince } from '../../../platform/retry.ts'
import type { BillingServices } from '../services.ts'
import { applySnapshot } from './apply-snapshot.ts'
import { refreshCustomer } from './job-types.ts'
import { readSnapshot } from './read-snapshot.ts'

const backoff: Backoff = { firstDelayMs: 30_000, maxDelayMs: 10 * 60_000 }
/** Longer than any delay, so that a customer whose job waits for its next attempt does not count as lost. */
const lostAfterMs = 15 * 60_000
const batchSize = 1_000

/**
 * Reads a customer whose refresh is due, outside of any transaction, and applies the snapshot. If RevenueCat is unavailable,
 * it retries at the time that RevenueCat names, otherwise after a delay as long as the refresh is overdue.
 */
export async function refreshDue(services: BillingServices, userId: string): Promise<void> {
  const { db, revenueCat, clock } = services
  if (!revenueCat.canRead) return
  const where = { userId, user: { isPresent: true } }
  const dueAt = (await db.prisma.billingCustomer.findFirst({ where }))?.refreshDueAt
  if (!dueAt) return
  try {
    const snapshot = await readSnapshot(db.prisma, services, userId)
    await db.transaction((tx) => applySnapshot(tx, services, { userId, snapshot, dueAt, now: clock() }))
  } catch (error) {
    if (!(error instanceof ProviderUnavailable)) throw error
    const runAt = error.retryAt ?? nextAttempt(dueAt, clock())
    await db.transaction((tx) => enqueue(tx, refreshCustomer, { userId }, { key: userId, runAt }))
  }
}

function nextAttempt(dueAt: Date, now: Date): Date {
  return new Date(now.getTime() + delaySince(now.getTime() - dueAt.getTime(), backoff))
}

/** Adds a new job for customers whose refresh is overdue. */
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
