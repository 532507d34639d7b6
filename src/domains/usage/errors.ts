import type { Meter, QuotaPeriod } from '../../config/plans.ts'
import { DomainError } from '../../platform/errors.ts'

const things: Record<Meter, string> = {
  STORAGE_BYTES: 'bytes of storage',
  UPLOADS: 'uploads',
  VIDEOS: 'videos',
  COACH_TOKENS: 'tokens of the coach',
  DATA_EXPORTS: 'data exports',
}
const spans: Record<QuotaPeriod, string> = { WEEK: ' a week', MONTH: ' a month', TOTAL: '' }

export interface ExceededQuota {
  readonly meter: Meter
  readonly period: QuotaPeriod
  readonly limit: number
  readonly used: number
  /** When the window ends; null for what only deleting gives back. */
  readonly resetAt: Date | null
}

/** The plan does not give so much. */
export class QuotaExceeded extends DomainError implements ExceededQuota {
  readonly code = 'QUOTA_EXCEEDED'
  readonly meter: Meter
  readonly period: QuotaPeriod
  readonly limit: number
  readonly used: number
  readonly resetAt: Date | null

  constructor({ meter, period, limit, used, resetAt }: ExceededQuota) {
    const wait = resetAt ? `Wait until ${resetAt.toISOString()}` : 'Delete what you no longer need'
    super(
      `Your plan gives ${limit} ${things[meter]}${spans[period]}, and ${used} are used: too few are left for this. ` +
        `${wait}, or take a larger plan.`,
    )
    this.meter = meter
    this.period = period
    this.limit = limit
    this.used = used
    this.resetAt = resetAt
  }
}
