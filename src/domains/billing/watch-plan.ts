import type { Plans } from '../../config/plans.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/db.ts'
import type { Events } from '../../platform/events.ts'
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
 * Yields once for the present plan and then whenever something of the subscriptions reads otherwise, until the signal
 * aborts. It listens before it reads, so nothing falls between; a hint only says to look, and the passing of time has
 * its own hint (settle.ts).
 */
export async function watchPlan(
  { db, events, plans, clock }: WatchPlanPorts,
  { userId, signal }: { userId: string; signal: AbortSignal },
): Promise<AsyncIterable<string>> {
  const hints = await events.subscribe(planTopic(userId), signal)
  const read = async () => {
    const now = clock()
    const rows = await subscriptionsOf(db.prisma, plans, [userId])
    // What only steers jobs is no change for people.
    const shown = rows.map(({ nextChangeAt: _, ...row }) => [row, isActive(row, now), statusOf(row, now)])
    return JSON.stringify(shown)
  }
  const first = await read()

  return (async function* () {
    let seen = first
    yield userId
    for await (const _ of hints) {
      const present = await read()
      if (present === seen) continue
      seen = present
      yield userId
    }
  })()
}
