import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import ipaddr from 'ipaddr.js'
import { LRUCache } from 'lru-cache'
import proxyAddr from 'proxy-addr'

/** Tells who sent a request, as a key to count by. */
export type ReadAddress = (request: IncomingMessage) => string

/** Tells whose connection it is, as a key to count by; null where it may be of many: through loopback or a trusted proxy. */
export type ReadConnectionAddress = (socket: Pick<Socket, 'remoteAddress'>) => string | null

/** The same clients come again; reading an address takes 4 µs. */
const maxRemembered = 10_000

/**
 * The address of the connection; where that is a trusted proxy's, the last address in X-Forwarded-For that is none.
 * What anybody else writes there counts for nothing. A network (/64) of IPv6 is one client: each has 2^64 addresses.
 */
export function addressReader(trustedProxies: readonly string[]): ReadAddress {
  const isProxyOfOurs = proxyAddr.compile([...trustedProxies])
  const isTrusted = (address: string, hops: number) => isProxyOfOurs(withoutPort(address), hops)
  const clients = new LRUCache<string, string>({ max: maxRemembered, memoMethod: clientOf })
  return (request) => {
    const direct = request.socket.remoteAddress ?? ''
    if (trustedProxies.length === 0) return clients.memo(direct)
    const address = withoutPort(proxyAddr(request, isTrusted))
    return clients.memo(ipaddr.isValid(address) ? address : direct)
  }
}

export function connectionAddressReader(trustedProxies: readonly string[]): ReadConnectionAddress {
  const isOfMany = proxyAddr.compile(['loopback', ...trustedProxies])
  return ({ remoteAddress }) =>
    remoteAddress === undefined || isOfMany(remoteAddress, 0) ? null : clientOf(remoteAddress)
}

/** Some proxies (Azure's) write the client's port too: 203.0.113.9:50000, [2001:db8::1]:50000. */
function withoutPort(address: string): string {
  const [, v6, v4] = /^(?:\[(.+)\](?::\d+)?|(\d+(?:\.\d+){3}):\d+)$/.exec(address) ?? []
  return v6 ?? v4 ?? address
}

/** Whether it is an address, a network or a name that stands for some (loopback, linklocal, uniquelocal). */
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
  const parsed = ipaddr.process(address) // an IPv4 address within IPv6 is one of IPv4
  if (!(parsed instanceof ipaddr.IPv6)) return parsed.toString()
  const network = parsed.parts.slice(0, 4).map((part) => part.toString(16))
  return `${network.join(':')}::/64`
}
