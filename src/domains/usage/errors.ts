import { DomainError } from '../../platform/errors.ts'
import type { Meter, QuotaPeriod } from './limits.ts'
import { usageMessages } from './messages.ts'

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
    const exceeded = { meter, period, limit, used }
    super(resetAt ? usageMessages.quotaExceededUntil({ ...exceeded, resetAt }) : usageMessages.quotaExceeded(exceeded))
    this.meter = meter
    this.period = period
    this.limit = limit
    this.used = used
    this.resetAt = resetAt
  }
}
