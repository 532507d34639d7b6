import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import ipaddr from 'ipaddr.js'
import { LRUCache } from 'lru-cache'
import proxyAddr from 'proxy-addr'

/** Returns the client address of a request, as a key for rate limits. */
export type ReadAddress = (request: IncomingMessage) => string

/**
 * Returns the client address of a connection, as a key for limits; null if many clients may share it: through loopback
 * or a trusted proxy.
 */
export type ReadConnectionAddress = (socket: Pick<Socket, 'remoteAddress'>) => string | null

/** A cache for clients that send many requests; parsing an address takes 4 µs. */
const maxCached = 10_000

/**
 * The address of the connection or, if it is a trusted proxy's, the last address in X-Forwarded-For that is not a
 * trusted proxy. X-Forwarded-For of any other sender is ignored. An IPv6 network (/64) counts as one client, since each
 * has 2^64 addresses.
 */
export function addressReader(trustedProxies: readonly string[]): ReadAddress {
  const isTrustedProxy = proxyAddr.compile([...trustedProxies])
  const isTrusted = (address: string, hops: number) => isTrustedProxy(withoutPort(address), hops)
  const clients = new LRUCache<string, string>({ max: maxCached, memoMethod: clientOf })
  return (request) => {
    const direct = request.socket.remoteAddress ?? ''
    if (trustedProxies.length === 0) return clients.memo(direct)
    const address = withoutPort(proxyAddr(request, isTrusted))
    return clients.memo(ipaddr.isValid(address) ? address : direct)
  }
}

export function connectionAddressReader(trustedProxies: readonly string[]): ReadConnectionAddress {
  const isShared = proxyAddr.compile(['loopback', ...trustedProxies])
  return ({ remoteAddress }) =>
    remoteAddress === undefined || isShared(remoteAddress, 0) ? null : clientOf(remoteAddress)
}

/** Some proxies (Azure's) append the client's port: 203.0.113.9:50000, [2001:db8::1]:50000. */
function withoutPort(address: string): string {
  const [, v6, v4] = /^(?:\[(.+)\](?::\d+)?|(\d+(?:\.\d+){3}):\d+)$/.exec(address) ?? []
  return v6 ?? v4 ?? address
}

/** Whether the text is an address, a network or a name of a group of networks (loopback, linklocal, uniquelocal). */
export function isProxy(text: string): boolean {
  try {
    proxyAddr.compile(text)
    return true
  } catch {
    return false
  }
}

function clientOf(address: string): string {
  if (!ipaddr.isValid(address)) return address
  const parsed = ipaddr.process(address) // converts an IPv4-mapped IPv6 address to IPv4
  if (!(parsed instanceof ipaddr.IPv6)) return parsed.toString()
  const network = parsed.parts.slice(0, 4).map((part) => part.toString(16))
  return `${network.join(':')}::/64`
}
