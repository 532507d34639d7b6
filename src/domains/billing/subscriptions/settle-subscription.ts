import { type PlanSubscription, Prisma } from '../../../generated/prisma/client.ts'
import type { Database, Tx } from '../../../platform/database/db.ts'
import { enqueueInBatches, type SweptRow } from '../../../platform/jobs/enqueue-in-batches.ts'
import { hasDueJob, hasUnfinishedJob } from '../../../platform/jobs/jobs-by-key.ts'
import { lockKeys } from '../events/lock-purchases.ts'
import { reconcileGrants } from '../grants/reconcile-grants.ts'
import { wantedMonths } from '../grants/wanted-grants.ts'
import { foldPurchases, type PurchasePorts } from './fold-purchases.ts'
import { settle } from './job-types.ts'
import { aheadMs, factsOfRow, settleLater, writeSubscription } from './write-subscription.ts'

/**
 * Applies the changes of a subscription that time has caused. Idempotent. If it runs too early, it adds the job again for
 * the right time, or leaves that to settleAhead.
 */
export async function settleSubscription(
  tx: Tx,
  ports: PurchasePorts,
  { id, now }: { readonly id: string; readonly now: Date },
): Promise<void> {
  const found = await tx.planSubscription.findUnique({ where: { id } })
  if (!found) return
  if (found.nextChangeAt && found.nextChangeAt > now) return settleLater(tx, found, now)
  const written = await foldPurchases(tx, ports, { keys: [found.key], now })
  if (written.has(found.key)) return
  await lockKeys(tx, [found.key])
  const row = await tx.planSubscription.findUnique({ where: { id } })
  if (row) await settleRow(tx, ports, { row, now })
}

/** The same for a row that was created from a snapshot, without events. */
export async function settleRow(
  tx: Tx,
  { plans }: Pick<PurchasePorts, 'plans'>,
  { row, now }: { readonly row: PlanSubscription; readonly now: Date },
): Promise<void> {
  const { key, userId } = row
  const facts = factsOfRow(row)
  await writeSubscription(tx, plans, { key, userId, facts, now })
  const { purchasedAt: firstEventAt, endedAt: expiredAt, expiresAt: paidUntil } = facts
  const period = { ...facts, firstEventAt, expiredAt, paidUntil }
  const owners = [{ from: facts.startedAt, userId }]
  // Former owners are not known here, so grants of other users are kept.
  await reconcileGrants(tx, wantedMonths(plans, period, { key, owners }, now), { now, mayMove: false })
}

/** Adds a new job for subscriptions whose change is due and that have none that is due or runs. */
export async function resumeSettling(db: Database, now: Date, signal: AbortSignal): Promise<void> {
  await enqueueInBatches(db, settle, {
    signal,
    find: (tx, last, size) => tx.$queryRaw`
      SELECT id, next_change_at AS at FROM plan_subscriptions
      WHERE next_change_at <= ${now} AND ${isAfter(last)} AND NOT ${hasDueJob(settle, key)}
      ORDER BY next_change_at, id LIMIT ${size}`,
    jobOf: ({ id }) => ({ payload: { id }, key: id }),
  })
}

/** Adds the jobs of the changes that are due within a day, which writeSubscription leaves out until then. */
export async function settleAhead(db: Database, now: Date, signal: AbortSignal): Promise<void> {
  const until = new Date(now.getTime() + aheadMs)
  await enqueueInBatches(db, settle, {
    signal,
    find: (tx, last, size) => tx.$queryRaw`
      SELECT id, next_change_at AS at FROM plan_subscriptions
      WHERE next_change_at > ${now} AND next_change_at <= ${until} AND ${isAfter(last)}
        AND NOT ${hasUnfinishedJob(settle, key)}
      ORDER BY next_change_at, id LIMIT ${size}`,
    jobOf: ({ id, at }) => ({ payload: { id }, key: id, runAt: at }),
  })
}

const key = Prisma.sql`plan_subscriptions.id`

const isAfter = (last: SweptRow | undefined) =>
  last ? Prisma.sql`(next_change_at, id) > (${last.at}, ${last.id}::uuid)` : Prisma.sql`true`
