import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import type { Limits } from '../../config/limits.ts'
import type { Log } from '../../platform/observability/log.ts'
import type { ReadConnectionAddress } from '../../platform/rate-limits/client-address.ts'

export interface Connections {
  /** Closes connections without a request yet (a browser's preconnect), which closeIdleConnections does not close. */
  endUnused(): void
}

/** At most one warning a minute: through a proxy that is not trusted, all clients have one address. */
const warnMs = 60_000

/** Limits the connections of a server, in total and per address. Connections over a limit are closed at once. */
export function limitConnections(
  server: Server,
  limits: Pick<Limits, 'connections' | 'connectionsPerAddress'>,
  { addressOf, log }: { readonly addressOf: ReadConnectionAddress; readonly log: Log },
): Connections {
  server.maxConnections = limits.connections
  const unused = new Set<Socket>()
  const openOf = new Map<string, number>()
  const add = (address: string): boolean => {
    const open = openOf.get(address) ?? 0
    if (open >= limits.connectionsPerAddress) return false
    openOf.set(address, open + 1)
    return true
  }
  let warnedAt = Number.NEGATIVE_INFINITY
  const warn = () => {
    if (performance.now() - warnedAt < warnMs) return
    warnedAt = performance.now()
    const most = limits.connectionsPerAddress
    log.warn(
      { most },
      'an IP address has reached its maximum number of connections; if it is a proxy, add it to TRUSTED_PROXIES',
    )
  }
  const remove = (address: string): void => {
    const open = openOf.get(address) ?? 0
    if (open > 1) openOf.set(address, open - 1)
    else openOf.delete(address)
  }

  server.on('connection', (socket: Socket) => {
    const address = addressOf(socket)
    if (address !== null && !add(address)) {
      warn()
      return void socket.destroy()
    }
    unused.add(socket)
    socket.once('close', () => {
      unused.delete(socket)
      if (address !== null) remove(address)
    })
  })
  for (const event of ['request', 'upgrade']) server.on(event, ({ socket }) => unused.delete(socket))
  return {
    endUnused() {
      for (const socket of unused) socket.destroy()
    },
  }
}
