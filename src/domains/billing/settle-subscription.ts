import type { PlanSubscription } from '../../generated/prisma/client.ts'
import type { Database, Tx } from '../../platform/database/db.ts'
import { enqueueMany } from '../../platform/queue/jobs.ts'
import { foldPurchases, type PurchasePorts } from './fold-purchases.ts'
import { settle } from './jobs.ts'
import { lockKeys } from './lock-purchases.ts'
import { reconcileGrants } from './reconcile-grants.ts'
import { wantedMonths } from './wanted-grants.ts'
import { factsOfRow, settleLater, writeSubscription } from './write-subscription.ts'

/**
 * Does what time alone has changed in a subscription. May be run at any time and more than once; too early, it waits for
 * the moment again.
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

/** The same from the row alone, which a snapshot has made. */
export async function settleRow(
  tx: Tx,
  { plans }: Pick<PurchasePorts, 'plans'>,
  { row, now }: { readonly row: PlanSubscription; readonly now: Date },
): Promise<void> {
  const { key, userId } = row
  const facts = factsOfRow(row)
  await writeSubscription(tx, plans, { key, userId, facts, now })
  const { purchasedAt: heardAt, endedAt: expiredAt, expiresAt: paidUntil } = facts
  const period = { ...facts, heardAt, expiredAt, paidUntil }
  const owners = [{ from: facts.startedAt, userId }]
  // Who had it when a month began is not known here, so what was given to somebody else stays.
  await reconcileGrants(tx, wantedMonths(plans, period, { key, owners }, now), { now, mayMove: false })
}

const batchSize = 1_000

/** Gives those another job whose moment has passed. */
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
