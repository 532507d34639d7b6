import type { IncomingMessage } from 'node:http'
import type { WebSocket } from 'ws'
import type { Limits } from '../../config/limits.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Metrics } from '../../platform/observability/metrics.ts'
import type { AddressLimits } from '../http/address-limits.ts'
import type { RequestObservers } from '../http/request-log.ts'
import type { CountBy } from './count-by.ts'
import type { GraphqlServer } from './graphql-server.ts'

/** What the WebSockets of a process need. */
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

/** What one of them needs. */
export interface ConnectionParts extends WebSocketPorts {
  readonly socket: WebSocket
  /** The handshake. */
  readonly request: IncomingMessage
  readonly url: URL
  readonly address: string
  readonly ofUsers: CountBy
}
