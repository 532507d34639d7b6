import { watch } from '../../../platform/notifications/watch.ts'
import { userMessages } from '../../users/index.ts'
import type { BillingServices } from '../services.ts'
import { isActive, statusOf } from '../subscriptions/subscription-status.ts'
import { planTopic } from '../topic.ts'
import { subscriptionsOf } from './entitlements-of.ts'

/**
 * Yields once for the current plan, then after every visible change of the user's subscriptions. Changes caused only by
 * time are notified by a job (settle-subscription.ts).
 */
export function watchPlan(
  { db, notifications, plans, clock }: BillingServices,
  { userId, signal }: { userId: string; signal: AbortSignal },
): Promise<AsyncIterable<string>> {
  const read = async () => {
    const now = clock()
    const rows = await subscriptionsOf(db.prisma, plans, [userId])
    // nextChangeAt only schedules jobs, so its change is not visible.
    const shown = rows.map(({ nextChangeAt: _, ...row }) => [row, isActive(row, now), statusOf(row, now)])
    return JSON.stringify(shown)
  }
  return watch(notifications, { topic: planTopic(userId), signal, id: userId, read, notFound: userMessages.notFound() })
}
