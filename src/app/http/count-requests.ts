import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Limits } from '../../config/limits.ts'
import { addressReader, connectionAddressReader } from '../../platform/rate-limits/client-address.ts'
import { retryAfter } from './answer-timeout.ts'
import { refuse } from './guards.ts'

export interface RequestCountOptions {
  readonly limits: Pick<Limits, 'connectionsPerAddress'>
  readonly trustedProxies: readonly string[]
}

/** Counts a request until its response is closed. Returns true if it refused the request. */
export type CountRequest = (request: IncomingMessage, response: ServerResponse) => boolean

/**
 * Limits the open requests of a client behind trusted proxies to the connections that it may have without a proxy. A
 * proxy's connections are shared by its clients, so they are not limited (connections.ts), and each carries one request at
 * a time.
 */
export function createRequestCount({ limits, trustedProxies }: RequestCountOptions): CountRequest {
  const addressOf = addressReader(trustedProxies)
  const proxyOf = addressReader([])
  const connectionAddressOf = connectionAddressReader(trustedProxies)
  const openOf = new Map<string, number>()
  return (request, response) => {
    const address = addressOf(request)
    const isForwarded = connectionAddressOf(request.socket) === null && address !== proxyOf(request)
    if (!isForwarded) return false
    const open = openOf.get(address) ?? 0
    if (open >= limits.connectionsPerAddress) {
      for (const [name, value] of Object.entries(retryAfter)) response.setHeader(name, value)
      refuse(response, 429, 'RATE_LIMITED', 'Your IP address has too many open requests. Close some of them first.')
      return true
    }
    openOf.set(address, open + 1)
    response.once('close', () => {
      const left = (openOf.get(address) ?? 1) - 1
      if (left > 0) openOf.set(address, left)
      else openOf.delete(address)
    })
    return false
  }
}
