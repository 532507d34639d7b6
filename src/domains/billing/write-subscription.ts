import { v7 as uuidv7 } from 'uuid'
import type { Plans } from '../../config/plans.ts'
import type { PlanSubscription } from '../../generated/prisma/client.ts'
import { hint, type Tx } from '../../platform/database/db.ts'
import { enqueue } from '../../platform/queue/jobs.ts'
import { completeCheckouts } from './complete-checkouts.ts'
import type { SubscriptionFacts } from './fold-subscription.ts'
import { settle } from './jobs.ts'
import { nextChangeOf } from './next-change.ts'
import { productOf } from './product-of.ts'
import { planTopic } from './topic.ts'

export interface SubscriptionToWrite {
  readonly key: string
  readonly userId: string | null
  readonly facts: SubscriptionFacts
  readonly now: Date
}

/**
 * Makes the row show these facts. Where it changes, those who have or had it are told, a job waits for the next instant
 * at which time changes it, and checkouts of it are completed. Its key is locked.
 */
export async function writeSubscription(
  tx: Tx,
  plans: Plans,
  { key, userId, facts, now }: SubscriptionToWrite,
): Promise<PlanSubscription> {
  const former = await tx.planSubscription.findUnique({ where: { key } })
  const data = { userId, ...facts, nextChangeAt: nextChangeOf(facts, now) }
  if (former && isShown(data, former)) return former

  const row = former
    ? await tx.planSubscription.update({ where: { key }, data })
    : await tx.planSubscription.create({ data: { id: uuidv7({ msecs: now.getTime() }), key, ...data } })
  for (const id of new Set([former?.userId, userId])) if (id) hint(tx, planTopic(id))
  await settleLater(tx, row)
  const productKey = productOf(plans, row.productId)?.key
  if (userId && productKey) await completeCheckouts(tx, { userId, productKey, purchasedAt: row.purchasedAt })
  return row
}

/** What a row says, to be written again. */
export function factsOfRow(row: PlanSubscription): SubscriptionFacts {
  const { id: _id, key: _key, userId: _userId, managementUrl: _address, nextChangeAt: _moment, ...facts } = row
  return facts
}

/** A job for the moment of a row; it replaces the one for its former moment. */
export async function settleLater(tx: Tx, { id, nextChangeAt }: PlanSubscription): Promise<void> {
  if (nextChangeAt) await enqueue(tx, settle, { id }, { key: id, runAt: nextChangeAt })
}

function isShown(data: Partial<PlanSubscription>, row: PlanSubscription): boolean {
  return Object.entries(data).every(
    ([column, value]) => JSON.stringify(value) === JSON.stringify(row[column as keyof PlanSubscription]),
  )
}
