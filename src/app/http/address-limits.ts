import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Limits } from '../../config/limits.ts'
import type { Log } from '../../platform/observability/log.ts'
import { addressReader } from '../../platform/rate-limits/client-address.ts'
import type { RateLimiter } from '../../platform/rate-limits/rate-limiter.ts'
import { createRequestCount } from './count-requests.ts'
import { refuse } from './guards.ts'

/** Limits requests by client address, before anything of them is read. */
export interface AddressLimits {
  /** Resolves to true if it refused the request. */
  refuseRequest(request: IncomingMessage, response: ServerResponse): Promise<boolean>
  /** The same for a webhook delivery. */
  refuseDelivery(source: string, request: IncomingMessage, response: ServerResponse): Promise<boolean>
  /** Counts a request, or a message over its WebSocket. Resolves to null, or over the limit to the seconds to wait. */
  takeRequest(request: IncomingMessage): Promise<number | null>
  /** The client address of a request. */
  addressOf(request: IncomingMessage): string
}

export interface AddressLimitsOptions {
  readonly limiter: RateLimiter
  readonly limits: Limits
  readonly trustedProxies: readonly string[]
  readonly log: Log
}

export function createAddressLimits({ limiter, limits, trustedProxies, log }: AddressLimitsOptions): AddressLimits {
  const addressOf = addressReader(trustedProxies)
  const isOverCount = createRequestCount({ limits, trustedProxies })
  const ofRequests = { name: 'requests-of-address', ...limits.requestsPerAddress }
  let isWarned = trustedProxies.length > 0
  // Behind a proxy that is not trusted all clients share its address, and so its limit.
  const warnOfProxy = (request: IncomingMessage) => {
    if (isWarned || request.headers['x-forwarded-for'] === undefined) return
    isWarned = true
    log.warn(
      'A request came through a proxy that is not in TRUSTED_PROXIES: all clients of the proxy share one rate limit.',
    )
  }
  const refuseIf = (response: ServerResponse, seconds: number | null): boolean => {
    if (seconds === null) return false
    response.setHeader('retry-after', String(seconds))
    refuse(response, 429, 'RATE_LIMITED', `Too many requests from your IP address. Try again in ${seconds} s.`)
    return true
  }
  const takeRequest = (request: IncomingMessage) => {
    warnOfProxy(request)
    return limiter.take(ofRequests, addressOf(request))
  }
  return {
    addressOf,
    takeRequest,
    async refuseRequest(request, response) {
      if (isOverCount(request, response)) return true
      return refuseIf(response, await takeRequest(request))
    },
    async refuseDelivery(source, request, response) {
      if (isOverCount(request, response)) return true
      const deliveries = { name: `deliveries-of-${source}`, ...limits.deliveriesPerAddress }
      return refuseIf(response, await limiter.take(deliveries, addressOf(request)))
    },
  }
}
