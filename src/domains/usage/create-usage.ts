import { type PlanLimit, type Plans, type PlanTier, planOfTier } from '../../config/plans.ts'
import type { Reader, Tx } from '../../platform/database/db.ts'
import type { Metrics } from '../../platform/watching/metrics.ts'
import { type Amounts, consume } from './consume.ts'
import { type ExceededQuota, QuotaExceeded } from './errors.ts'
import { type Counted, readCounters } from './read-counters.ts'

/** Each of these people's tier at an instant. Billing knows it, and is higher. */
export type TiersOf = (db: Reader, userIds: readonly string[], now: Date) => Promise<ReadonlyMap<string, PlanTier>>

export interface UsageParts {
  readonly plans: Plans
  readonly tiersOf: TiersOf
  readonly metrics: Metrics
}

/** How much of a limit of the plan is used. */
export type MeterUsage = ExceededQuota

/** What people may use by their plan, and what they have used. */
export interface Usage {
  /** Counts what is used in this transaction. Throws QuotaExceeded, with which the transaction must end. */
  consume(tx: Tx, use: { readonly userId: string; readonly amounts: Amounts; readonly now: Date }): Promise<void>
  /** Counts what is there whatever the plan gives: what an older system kept for its people is not refused here. */
  record(tx: Tx, use: { readonly userId: string; readonly amounts: Amounts; readonly now: Date }): Promise<void>
  /** The usage of each of these people, in the order of their plan's limits: two statements. */
  of(db: Reader, userIds: readonly string[], now: Date): Promise<ReadonlyMap<string, readonly MeterUsage[]>>
}

export function createUsage({ plans, tiersOf, metrics }: UsageParts): Usage {
  const exceeded = metrics.counter('quota_exceeded_total', 'What people were refused by their plan.', ['meter', 'tier'])
  // From 0: what is first seen at 1 has not grown, as Prometheus counts, and the first refusal shall page.
  for (const { tier, limits } of plans.plans) for (const { meter } of limits) exceeded.add({ meter, tier }, 0)
  // What an older system kept is files, and every plan limits their bytes in the same way.
  const unlimited = planOfTier(plans, 'FREE').limits.map((limit) => ({ ...limit, limit: Number.MAX_SAFE_INTEGER }))
  return {
    async consume(tx, { userId, amounts, now }) {
      const tier = (await tiersOf(tx, [userId], now)).get(userId) ?? 'FREE'
      try {
        await consume(tx, { userId, amounts, limits: planOfTier(plans, tier).limits, now })
      } catch (error) {
        if (error instanceof QuotaExceeded) exceeded.add({ meter: error.meter, tier })
        throw error
      }
    },
    record: (tx, use) => consume(tx, { ...use, limits: unlimited }),
    async of(db, userIds, now) {
      const [tiers, counters] = await Promise.all([tiersOf(db, userIds, now), readCounters(db, userIds, now)])
      return new Map(
        [...counters].map(([userId, counted]) => {
          const { limits } = planOfTier(plans, tiers.get(userId) ?? 'FREE')
          return [userId, limits.map((limit) => usageOf(limit, counted(limit.meter, limit.period)))]
        }),
      )
    },
  }
}

function usageOf({ meter, period, limit }: PlanLimit, { used, window }: Counted): MeterUsage {
  return { meter, period, limit, used, resetAt: window.endsAt }
}
