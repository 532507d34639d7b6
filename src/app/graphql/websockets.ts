import type { IncomingMessage } from 'node:http'
import type { WebSocket } from 'ws'
import type { Limits } from '../../config/limits.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Metrics } from '../../platform/observability/metrics.ts'
import type { AddressLimits } from '../http/address-limits.ts'
import type { RequestObservers } from '../http/request-log.ts'
import { countBy } from './count-by.ts'
import type { GraphqlServer } from './graphql-server.ts'
import { type Connection, openConnection } from './websocket-connection.ts'

export interface WebSocketPorts {
  readonly graphql: GraphqlServer
  readonly limits: AddressLimits
  readonly observers: RequestObservers
  readonly clock: Clock
  readonly metrics: Metrics
  readonly bounds: Pick<
    Limits,
    'stallSeconds' | 'webSocketsPerAddress' | 'webSocketsPerUser' | 'operationsPerWebSocket' | 'connectionInitSeconds'
  >
}

/** The WebSockets of a process, over which clients send GraphQL operations (docs/decisions/0033). */
export interface WebSockets {
  /** Whether the client's address may open another one. */
  hasRoom(request: IncomingMessage): boolean
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
    hasRoom: (request) => ofAddresses.hasRoom(limits.addressOf(request)),
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
