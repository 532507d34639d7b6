import { Meter, QuotaPeriod } from '../../generated/prisma/enums.ts'
import type { Reader } from '../../platform/database/db.ts'

/** The meters, from the enum in prisma/usage.prisma. */
export const meters = Object.values(Meter)
export type { Meter, QuotaPeriod } from '../../generated/prisma/enums.ts'
export const quotaPeriods = Object.values(QuotaPeriod)

/** The largest amount of a meter that a plan allows in a period. */
export interface PlanLimit {
  readonly meter: Meter
  readonly period: QuotaPeriod
  readonly limit: number
}

/** The parts of a plan that usage reads. */
export interface LimitedPlan {
  /** FREE, PLUS, ... */
  readonly tier: string
  readonly limits: readonly PlanLimit[]
}

/** All plans, and the plan of each user. A higher domain declares it. */
export interface PlanLimits {
  /** Every plan; the first one is the plan of users without a subscription. */
  readonly plans: readonly LimitedPlan[]
  /** The plan of each of these users at `now`. The result has each of these users. */
  plansOf(db: Reader, userIds: readonly string[], now: Date): Promise<ReadonlyMap<string, LimitedPlan>>
}
