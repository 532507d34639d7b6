import type { Rate } from '../platform/limits/rate-limiter.ts'

/** What one client may ask of a deployment. Of many processes together: docs/decisions/0017. */
export interface Limits {
  /** GraphQL requests, whoever is signed in: a whole office may be behind one address. */
  readonly requestsPerAddress: Rate
  readonly requestsPerUser: Rate
  /** Documents that have to be parsed and validated: a front end sends the same ones, which are remembered. */
  readonly documentsPerAddress: Rate
  /** The cost of a person's operations; of those who are not signed in, an address's. */
  readonly costPerUser: Rate
  /** Deliveries of one provider. */
  readonly deliveriesPerAddress: Rate
  /** What one operation may cost. */
  readonly maxCost: number
  /** Open streams of one person in one process. */
  readonly streamsPerUser: number
  /** A client that takes nothing of its answer for so long is cut off. */
  readonly stallSeconds: number
  /** Connections of one process; what comes beyond is closed at once, and a balancer asks another instance. */
  readonly connections: number
  /** Those of one address, or network of IPv6. Behind loopback and trusted proxies are many people: they are not counted. */
  readonly connectionsPerAddress: number
  /** For so long a client may send the head of a request, and all of it. */
  readonly headSeconds: number
  readonly requestSeconds: number
}

/** A person who taps without rest makes 60 requests a minute; a provider that catches up sends 20 a second. */
export const defaultLimits: Limits = {
  requestsPerAddress: { points: 3_000, seconds: 60 },
  requestsPerUser: { points: 1_000, seconds: 60 },
  documentsPerAddress: { points: 300, seconds: 60 },
  costPerUser: { points: 50_000, seconds: 60 },
  deliveriesPerAddress: { points: 3_000, seconds: 60 },
  maxCost: 5_000,
  streamsPerUser: 10,
  stallSeconds: 30,
  connections: 5_000,
  connectionsPerAddress: 1_000,
  headSeconds: 10,
  requestSeconds: 15,
}
