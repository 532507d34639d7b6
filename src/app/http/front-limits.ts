import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Limits } from '../../config/limits.ts'
import { addressReader } from '../../platform/limits/client-address.ts'
import type { RateLimiter } from '../../platform/limits/rate-limiter.ts'
import type { Log } from '../../platform/watching/log.ts'
import { refuse } from './gates.ts'

/** Counts requests by where they come from, before anything of them is read. */
export interface FrontLimits {
  /** True when it refused. */
  refuseRequest(request: IncomingMessage, response: ServerResponse): Promise<boolean>
  /** The same for a provider's delivery. */
  refuseDelivery(source: string, request: IncomingMessage, response: ServerResponse): Promise<boolean>
  /** Who sent it, to count by. */
  addressOf(request: IncomingMessage): string
}

export interface FrontLimitsOptions {
  readonly limiter: RateLimiter
  readonly limits: Limits
  readonly trustedProxies: readonly string[]
  readonly log: Log
}

export function createFrontLimits({ limiter, limits, trustedProxies, log }: FrontLimitsOptions): FrontLimits {
  const addressOf = addressReader(trustedProxies)
  const ofRequests = { name: 'requests-of-address', ...limits.requestsPerAddress }
  let isWarned = trustedProxies.length > 0
  // Without a trusted proxy everybody behind one shares its address, and so its limit.
  const warnOfProxy = (request: IncomingMessage) => {
    if (isWarned || request.headers['x-forwarded-for'] === undefined) return
    isWarned = true
    log.warn('A request came through a proxy, and TRUSTED_PROXIES names none: all its clients are limited as one.')
  }
  const refuseIf = (response: ServerResponse, seconds: number | null): boolean => {
    if (seconds === null) return false
    response.setHeader('retry-after', String(seconds))
    refuse(response, 429, 'RATE_LIMITED', `Too many requests came from your address. Try again in ${seconds} s.`)
    return true
  }
  return {
    addressOf,
    async refuseRequest(request, response) {
      warnOfProxy(request)
      return refuseIf(response, await limiter.take(ofRequests, addressOf(request)))
    },
    async refuseDelivery(source, request, response) {
      const deliveries = { name: `deliveries-of-${source}`, ...limits.deliveriesPerAddress }
      return refuseIf(response, await limiter.take(deliveries, addressOf(request)))
    },
  }
}
