import { v7 as uuidv7 } from 'uuid'
import type { PlanSubscription } from '../../../generated/prisma/client.ts'
import { notify, type Tx } from '../../../platform/database/db.ts'
import { enqueue } from '../../../platform/jobs/define-job.ts'
import { completeCheckouts } from '../checkouts/complete-checkouts.ts'
import type { Plans } from '../plans/plans.ts'
import { productOf } from '../plans/product-of.ts'
import { planTopic } from '../topic.ts'
import { notifyProblemLater } from './billing-problem.ts'
import type { SubscriptionFacts } from './fold-subscription.ts'
import { settle } from './job-types.ts'
import { nextChangeOf } from './next-change.ts'

export interface SubscriptionToWrite {
  readonly key: string
  readonly userId: string | null
  readonly facts: SubscriptionFacts
  readonly now: Date
}

/**
 * Writes the row of a subscription. If it changes, the current and the former owner are notified, a job is added for a
 * change that time causes within a day, and checkouts are completed. Requires that the key is locked.
 */
export async function writeSubscription(
  tx: Tx,
  plans: Plans,
  { key, userId, facts, now }: SubscriptionToWrite,
): Promise<PlanSubscription> {
  const former = await tx.planSubscription.findUnique({ where: { key } })
  const data = { userId, ...facts, nextChangeAt: nextChangeOf(facts, now) }
  if (former && isUnchanged(data, former)) return former

  const row = former
    ? await tx.planSubscription.update({ where: { key }, data })
    : await tx.planSubscription.create({ data: { id: uuidv7({ msecs: now.getTime() }), key, ...data } })
  for (const id of new Set([former?.userId, userId])) if (id) notify(tx, planTopic(id))
  await settleLater(tx, row, now)
  await notifyProblemLater(tx, row, { former, now })
  const productKey = productOf(plans, row.productId)?.key
  if (userId && productKey) await completeCheckouts(tx, { userId, productKey, purchasedAt: row.purchasedAt })
  return row
}

/** The stored fields of a row, in the form to write. */
export function factsOfRow(row: PlanSubscription): SubscriptionFacts {
  const { id: _id, key: _key, userId: _userId, managementUrl: _url, nextChangeAt: _next, ...facts } = row
  return facts
}

/** Jobs for changes that are due later are added by an hourly sweep: millions of them would wait in the queue for a month. */
export const aheadMs = 24 * 3_600_000

/** Adds a job for the next change of a row, if that is due within a day. It replaces the earlier job. */
export async function settleLater(tx: Tx, { id, nextChangeAt }: PlanSubscription, now: Date): Promise<void> {
  if (!nextChangeAt || nextChangeAt.getTime() > now.getTime() + aheadMs) return
  await enqueue(tx, settle, { id }, { key: id, runAt: nextChangeAt })
}

function isUnchanged(data: Partial<PlanSubscription>, row: PlanSubscription): boolean {
  return Object.entries(data).every(
    ([column, value]) => JSON.stringify(value) === JSON.stringify(row[column as keyof PlanSubscription]),
  )
}
