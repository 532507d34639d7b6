import type { IncomingMessage } from 'node:http'
import type { WebSocket } from 'ws'
import { countBy } from './count-by.ts'
import { type Connection, openConnection, type WebSocketPorts } from './websocket-connection.ts'

/** The WebSockets of a process, over which clients send GraphQL operations (docs/decisions/0033). */
export interface WebSockets {
  /** Whether the client's address may open another one. */
  isBelowLimit(request: IncomingMessage): boolean
  open(socket: WebSocket, request: IncomingMessage, url: URL): void
  /** Ends all streams, and closes each WebSocket once its other operations are answered. */
  drain(): void
  /** Closes at once what is still open. */
  terminate(): void
}

export function createWebSockets(ports: WebSocketPorts): WebSockets {
  const { limits, bounds, metrics } = ports
  const open = new Map<WebSocket, Connection>()
  const ofAddresses = countBy(bounds.webSocketsPerAddress)
  const ofUsers = countBy(bounds.webSocketsPerUser)
  metrics.readGauge({ name: 'graphql_websockets_open', help: 'WebSockets that are open in this process.' }, () => [
    { labels: {}, value: open.size },
  ])
  return {
    isBelowLimit: (request) => ofAddresses.isBelowLimit(limits.addressOf(request)),
    open(socket, request, url) {
      const address = limits.addressOf(request)
      // Several handshakes of one address may have been checked at once.
      if (!ofAddresses.add(address)) return socket.terminate()
      socket.once('close', () => {
        open.delete(socket)
        ofAddresses.remove(address)
      })
      open.set(socket, openConnection({ ...ports, ofUsers, socket, request, url, address }))
    },
    drain() {
      for (const connection of open.values()) connection.drain()
    },
    terminate() {
      for (const socket of open.keys()) socket.terminate()
    },
  }
}
