import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import type { Limits } from '../../config/limits.ts'
import type { ReadConnectionAddress } from '../../platform/limits/client-address.ts'
import type { Log } from '../../platform/watching/log.ts'

export interface Connections {
  /** A connection that has not asked for anything yet (a browser's preconnect) is busy for Node's own closing. */
  endUnused(): void
}

/** For one line a minute: a proxy that nobody trusts brings everybody from one address. */
const warnMs = 60_000

/** Counts the connections of a server, all and by address; what comes beyond the limits is closed at once. */
export function watchConnections(
  server: Server,
  limits: Pick<Limits, 'connections' | 'connectionsPerAddress'>,
  { addressOf, log }: { readonly addressOf: ReadConnectionAddress; readonly log: Log },
): Connections {
  server.maxConnections = limits.connections
  const unused = new Set<Socket>()
  const openOf = new Map<string, number>()
  const enter = (address: string): boolean => {
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
    log.warn({ most }, 'an address has as many connections as it may; if it is a proxy, name it in TRUSTED_PROXIES')
  }
  const leave = (address: string): void => {
    const open = openOf.get(address) ?? 0
    if (open > 1) openOf.set(address, open - 1)
    else openOf.delete(address)
  }

  server.on('connection', (socket: Socket) => {
    const address = addressOf(socket)
    if (address !== null && !enter(address)) {
      warn()
      return void socket.destroy()
    }
    unused.add(socket)
    socket.once('close', () => {
      unused.delete(socket)
      if (address !== null) leave(address)
    })
  })
  server.on('request', (request) => unused.delete(request.socket))
  return {
    endUnused() {
      for (const socket of unused) socket.destroy()
    },
  }
}
