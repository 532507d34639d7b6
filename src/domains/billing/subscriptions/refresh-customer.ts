import { Prisma } from '../../../generated/prisma/client.ts'
import type { Database } from '../../../platform/database/db.ts'
import { ProviderUnavailable } from '../../../platform/errors.ts'
import { enqueue } from '../../../platform/jobs/define-job.ts'
import { enqueueInBatches, type SweptRow } from '../../../platform/jobs/enqueue-in-batches.ts'
import { hasDueJob } from '../../../platform/jobs/jobs-by-key.ts'
import { type Backoff, delaySince } from '../../../platform/retry.ts'
import type { BillingServices } from '../services.ts'
import { applySnapshot } from './apply-snapshot.ts'
import { refreshCustomer } from './job-types.ts'
import { readSnapshot } from './read-snapshot.ts'

const backoff: Backoff = { firstDelayMs: 30_000, maxDelayMs: 10 * 60_000 }
/** Longer than any delay, so that a customer whose job waits for its next attempt does not count as lost. */
const lostAfterMs = 15 * 60_000

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

/** Adds a new job for customers whose refresh is overdue and who have none that is due or runs. */
export async function resumeRefreshing(db: Database, now: Date, signal: AbortSignal): Promise<void> {
  const before = new Date(now.getTime() - lostAfterMs)
  await enqueueInBatches(db, refreshCustomer, {
    signal,
    find: (tx, last, size) => tx.$queryRaw`
      SELECT user_id AS id, refresh_due_at AS at FROM billing_customers
      WHERE refresh_due_at < ${before} AND ${isAfter(last)}
        AND NOT ${hasDueJob(refreshCustomer, Prisma.sql`billing_customers.user_id`)}
      ORDER BY refresh_due_at, user_id LIMIT ${size}`,
    jobOf: ({ id: userId }) => ({ payload: { userId }, key: userId }),
  })
}

const isAfter = (last: SweptRow | undefined) =>
  last ? Prisma.sql`(refresh_due_at, user_id) > (${last.at}, ${last.id}::uuid)` : Prisma.sql`true`
