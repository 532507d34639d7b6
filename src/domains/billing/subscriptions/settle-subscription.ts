import type { PlanSubscription } from '../../../generated/prisma/client.ts'
import type { Database, Tx } from '../../../platform/database/db.ts'
import { enqueueMany } from '../../../platform/jobs/define-job.ts'
import { lockKeys } from '../events/lock-purchases.ts'
import { reconcileGrants } from '../grants/reconcile-grants.ts'
import { wantedMonths } from '../grants/wanted-grants.ts'
import { foldPurchases, type PurchasePorts } from './fold-purchases.ts'
import { settle } from './job-types.ts'
import { factsOfRow, settleLater, writeSubscription } from './write-subscription.ts'

/**
 * Applies the changes of a subscription that time has caused. Idempotent. If it runs too early, it adds the job again for
 * the right time.
 */
export async function settleSubscription(
  tx: Tx,
  ports: PurchasePorts,
  { id, now }: { readonly id: string; readonly now: Date },
): Promise<void> {
  const found = await tx.planSubscription.findUnique({ where: { id } })
  if (!found) return
  if (found.nextChangeAt && found.nextChangeAt > now) return settleLater(tx, found)
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

const batchSize = 1_000

/** Adds a new job for subscriptions whose change is overdue. */
export async function resumeSettling(db: Database, now: Date): Promise<void> {
  const lost = await db.prisma.planSubscription.findMany({
    where: { nextChangeAt: { lte: now } },
    select: { id: true },
    orderBy: [{ nextChangeAt: 'asc' }, { id: 'asc' }],
    take: batchSize,
  })
  const jobs = lost.map(({ id }) => ({ payload: { id }, key: id }))
  await db.transaction((tx) => enqueueMany(tx, settle, jobs))
}
