import type { Clock } from '../../platform/clock.ts'
import type { Database, Reader, Tx } from '../../platform/database/db.ts'
import type { Metrics } from '../../platform/observability/metrics.ts'
import { type Amounts, consume } from './commands/consume.ts'
import { type ExceededQuota, QuotaExceeded } from './errors.ts'
import type { LimitedPlan, PlanLimit, PlanLimits } from './limits.ts'
import { type Counted, readCounters } from './queries/read-counters.ts'

export interface UsageParts {
  readonly db: Database
  readonly clock: Clock
  readonly metrics: Metrics
  /** Called when limits are read: the domain that declares them is built later. */
  readonly planLimits: () => PlanLimits
}

/** How much of a limit of the plan is used. */
export type MeterUsage = ExceededQuota

/** Counts what users use, and enforces the limits of their plans. */
export interface Usage {
  readonly db: Database
  readonly clock: Clock
  /** Counts usage in this transaction. Throws QuotaExceeded; the transaction must then be rolled back. */
  consume(tx: Tx, use: { readonly userId: string; readonly amounts: Amounts; readonly now: Date }): Promise<void>
  /** Counts stored bytes without a limit: files of the legacy system are never refused. */
  record(tx: Tx, use: { readonly userId: string; readonly amounts: Amounts; readonly now: Date }): Promise<void>
  /** The usage of each of these users, in the order of their plan's limits: two statements. */
  of(db: Reader, userIds: readonly string[], now: Date): Promise<ReadonlyMap<string, readonly MeterUsage[]>>
  /** Starts the counter of refusals at 0 for every limit of every plan. */
  startCounters(): void
}

export function createUsage({ db, clock, metrics, planLimits }: UsageParts): Usage {
  const exceeded = metrics.counter('quota_exceeded_total', 'Requests that exceeded a limit of the plan.', [
    'meter',
    'tier',
  ])
  const planOf = (plans: ReadonlyMap<string, LimitedPlan>, userId: string): LimitedPlan => {
    const plan = plans.get(userId)
    if (!plan) throw new Error(`planLimits has no plan for the user ${userId}.`)
    return plan
  }
  // Every plan has the same meters and periods for stored files.
  const unlimited = () =>
    (planLimits().plans[0]?.limits ?? []).map((limit) => ({ ...limit, limit: Number.MAX_SAFE_INTEGER }))
  return {
    db,
    clock,
    async consume(tx, { userId, amounts, now }) {
      const { tier, limits } = planOf(await planLimits().plansOf(tx, [userId], now), userId)
      try {
        await consume(tx, { userId, amounts, limits, now })
      } catch (error) {
        if (error instanceof QuotaExceeded) exceeded.add({ meter: error.meter, tier })
        throw error
      }
    },
    record: (tx, use) => consume(tx, { ...use, limits: unlimited() }),
    async of(reader, userIds, now) {
      const [plans, counters] = await Promise.all([
        planLimits().plansOf(reader, userIds, now),
        readCounters(reader, userIds, now),
      ])
      return new Map(
        [...counters].map(([userId, counted]) => {
          const { limits } = planOf(plans, userId)
          return [userId, limits.map((limit) => usageOf(limit, counted(limit.meter, limit.period)))]
        }),
      )
    },
    // Prometheus sees no increase in a counter that is first exposed at 1, and the first refusal must be visible.
    startCounters() {
      for (const { tier, limits } of planLimits().plans)
        for (const { meter } of limits) exceeded.add({ meter, tier }, 0)
    },
  }
}

function usageOf({ meter, period, limit }: PlanLimit, { used, window }: Counted): MeterUsage {
  return { meter, period, limit, used, resetAt: window.endsAt }
}
