import type { Plans } from '../../config/plans.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/database/db.ts'
import type { Events } from '../../platform/events/events.ts'
import { watch } from '../../platform/events/watch.ts'
import { isActive, statusOf } from './access.ts'
import { subscriptionsOf } from './entitlements-of.ts'
import { planTopic } from './topic.ts'

export interface WatchPlanPorts {
  readonly db: Database
  readonly events: Events
  readonly plans: Plans
  readonly clock: Clock
}

/**
 * Yields once for the present plan and then whenever something of the subscriptions reads otherwise; the passing of time
 * has its own hint (settle-subscription.ts).
 */
export function watchPlan(
  { db, events, plans, clock }: WatchPlanPorts,
  { userId, signal }: { userId: string; signal: AbortSignal },
): Promise<AsyncIterable<string>> {
  const read = async () => {
    const now = clock()
    const rows = await subscriptionsOf(db.prisma, plans, [userId])
    // What only steers jobs is no change for people.
    const shown = rows.map(({ nextChangeAt: _, ...row }) => [row, isActive(row, now), statusOf(row, now)])
    return JSON.stringify(shown)
  }
  return watch(events, { topic: planTopic(userId), signal, id: userId, read, what: 'person' })
}
