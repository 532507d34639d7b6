import { DomainError } from '../../platform/errors.ts'
import type { Meter, QuotaPeriod } from './limits.ts'

const meterNames: Record<Meter, string> = {
  STORAGE_BYTES: 'bytes of storage',
  UPLOADS: 'uploads',
  VIDEOS: 'videos',
  COACH_TOKENS: 'coach tokens',
  DATA_EXPORTS: 'data exports',
}
const periodNames: Record<QuotaPeriod, string> = { WEEK: ' per week', MONTH: ' per month', TOTAL: '' }

export interface ExceededQuota {
  readonly meter: Meter
  readonly period: QuotaPeriod
  readonly limit: number
  readonly used: number
  /** When the count is reset; null if only deleting files reduces it. */
  readonly resetAt: Date | null
}

/** The request would exceed a limit of the plan. */
export class QuotaExceeded extends DomainError implements ExceededQuota {
  readonly code = 'QUOTA_EXCEEDED'
  readonly meter: Meter
  readonly period: QuotaPeriod
  readonly limit: number
  readonly used: number
  readonly resetAt: Date | null

  constructor({ meter, period, limit, used, resetAt }: ExceededQuota) {
    const wait = resetAt ? `Wait until ${resetAt.toISOString()}` : 'Delete files that you no longer need'
    super(
      `Your plan includes ${limit} ${meterNames[meter]}${periodNames[period]}, and ${used} are used. Too few are left for this request. ` +
        `${wait}, or switch to a larger plan.`,
    )
    this.meter = meter
    this.period = period
    this.limit = limit
    this.used = used
    this.resetAt = resetAt
  }
}
