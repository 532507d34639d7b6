import type { Rate } from '../platform/rate-limits/rate-limiter.ts'

/** Limits per client and per process. How they are counted over several processes: docs/decisions/0017. */
export interface Limits {
  /** GraphQL requests per address, signed in or not. High, since a whole office may share one address. */
  readonly requestsPerAddress: Rate
  readonly requestsPerUser: Rate
  /** Documents that must be parsed and validated. Known documents are cached, and a front end sends the same ones. */
  readonly documentsPerAddress: Rate
  /** The texts that a process keeps of automatic persisted queries. A text has at most 32,768 characters. */
  readonly registeredDocumentBytes: number
  /** The cost of a user's operations. Without a user it is counted per address. */
  readonly costPerUser: Rate
  /** Webhook requests of one provider. */
  readonly deliveriesPerAddress: Rate
  /** The highest cost of one operation. */
  readonly maxCost: number
  /** Open streams of one user in one process. */
  readonly streamsPerUser: number
  /** A client that reads nothing of its response for this time is disconnected. */
  readonly stallSeconds: number
  /** Connections of one process. More are closed at once, so that a load balancer tries another instance. */
  readonly connections: number
  /**
   * Connections of one address, or IPv6 network. Not counted for loopback and trusted proxies, which many users share.
   */
  readonly connectionsPerAddress: number
  /**
   * The memory for bodies that one process has not received completely, of webhooks and GraphQL together. One address can
   * use a quarter of it.
   */
  readonly bodyBytes: number
  /** WebSockets of one address, or IPv6 network, in one process; an office or a proxy has many users. */
  readonly webSocketsPerAddress: number
  /** WebSockets of one user in one process: a page needs one. */
  readonly webSocketsPerUser: number
  /** Operations that run at once on one WebSocket. */
  readonly operationsPerWebSocket: number
  /** How long the client of a WebSocket may take to send connection_init. */
  readonly connectionInitSeconds: number
  /** How long a client may take to send the head of a request. */
  readonly headSeconds: number
  /** How long a client may take to send a whole request. */
  readonly requestSeconds: number
}

/** For comparison: a user who taps without a pause makes 60 requests a minute, a provider that catches up sends 20 a second. */
export const defaultLimits: Limits = {
  requestsPerAddress: { points: 3_000, seconds: 60 },
  requestsPerUser: { points: 1_000, seconds: 60 },
  documentsPerAddress: { points: 300, seconds: 60 },
  registeredDocumentBytes: 16 * 1024 ** 2,
  costPerUser: { points: 50_000, seconds: 60 },
  deliveriesPerAddress: { points: 3_000, seconds: 60 },
  maxCost: 5_000,
  streamsPerUser: 10,
  stallSeconds: 30,
  connections: 5_000,
  connectionsPerAddress: 1_000,
  bodyBytes: 64 * 1024 ** 2,
  webSocketsPerAddress: 500,
  webSocketsPerUser: 10,
  operationsPerWebSocket: 50,
  connectionInitSeconds: 5,
  headSeconds: 10,
  requestSeconds: 15,
}
