import type { Metrics } from '../../platform/observability/metrics.ts'
import { streamEnds } from '../graphql/stream-end.ts'
import { type ClientLabels, type ClientName, createClientLabels } from './client-name.ts'

export interface AnsweredRequest {
  /** One of the served paths. */
  readonly route: string
  /** Undefined if the client disconnected before the response began. */
  readonly status: number | undefined
  /** The operation name that the client chose; undefined if the request was not valid GraphQL. */
  readonly operation: string | undefined
  /** What the client says about itself. */
  readonly client: ClientName | null
  /** The codes of the errors in the response. */
  readonly codes: ReadonlySet<string>
  /** How a stream has ended; undefined for everything else. */
  readonly streamEnd: string | undefined
  readonly seconds: number
}

/**
 * Called when a request is received, with a function that says whether its response is a stream; the function it returns
 * is called when the response is sent.
 */
export type ObserveRequest = (isStream: () => boolean) => (request: AnsweredRequest) => void

/** The codes of failures of the server: a bug, or the database is unavailable. */
const serverFaults = ['INTERNAL_SERVER_ERROR', 'SERVICE_UNAVAILABLE']

/** Whether the server failed, by the status or the error codes of the response. */
export function isOurFault(status: number | undefined, codes: ReadonlySet<string>): boolean {
  return (status ?? 0) >= 500 || serverFaults.some((code) => codes.has(code))
}

export interface KnownRequests {
  /**
   * The served paths. Their failure counters start at 0: Prometheus sees no increase in a series that first appears at
   * 500.
   */
  readonly routes: readonly string[]
  /** Clients choose operation names, so only these get a label value of their own. */
  readonly operations: ReadonlySet<string>
  /** The clients that get label values of their own. */
  readonly clients: readonly string[]
}

/** Measures requests. Error codes need no limit, since they are defined by the program. */
export function createRequestMetrics(metrics: Metrics, known: KnownRequests): ObserveRequest {
  const requests = metrics.duration(
    'http_request_duration_seconds',
    'GraphQL requests and webhooks from the first byte received to the last byte sent; streams are not counted.',
    ['route', 'status'],
  )
  const failed = metrics.counter(
    'http_requests_failed_total',
    'Requests that the server failed: 5xx, or INTERNAL_SERVER_ERROR or SERVICE_UNAVAILABLE among the errors of a 200.',
    ['route'],
  )
  for (const route of known.routes) failed.add({ route }, 0)
  const operations = metrics.duration(
    'graphql_operation_duration_seconds',
    'GraphQL operations by name (of operations/*.graphql, else other) and outcome: ok, error or disconnected.',
    ['operation', 'outcome'],
  )
  const errors = metrics.counter(
    'graphql_errors_total',
    'Answers to GraphQL requests, streams too, that had errors of this code; expected failures in payloads are none.',
    ['code'],
  )
  const labelsOfClient = createClientLabels(known.clients)
  const ofClients = metrics.counter<keyof ClientLabels>(
    'graphql_client_operations_total',
    'GraphQL operations by client: the names of CLIENT_NAMES, each with at most 20 versions, other, or none.',
    ['client', 'client_version'],
  )
  const open = observeStreams(metrics)
  const ended = metrics.counter('graphql_streams_ended_total', 'Subscriptions that have ended, by reason.', ['reason'])
  for (const reason of streamEnds) ended.add({ reason }, 0)

  return (isStream) => {
    open.add(isStream)
    return ({ route, status, operation, client, codes, streamEnd, seconds }) => {
      open.delete(isStream)
      if (route === '/graphql') for (const code of codes) errors.add({ code })
      if (streamEnd !== undefined) ended.add({ reason: streamEnd })
      if (operation !== undefined) ofClients.add(labelsOfClient(client))
      if (isStream()) return
      if (isOurFault(status, codes)) failed.add({ route })
      requests.observe({ route, status: status === undefined ? 'disconnected' : String(status) }, seconds)
      if (operation === undefined) return
      const outcome = status === undefined ? 'disconnected' : codes.size > 0 ? 'error' : 'ok'
      operations.observe({ operation: known.operations.has(operation) ? operation : 'other', outcome }, seconds)
    }
  }
}

/** The open requests, and a gauge of those whose response is a stream. */
function observeStreams(metrics: Metrics): Set<() => boolean> {
  const open = new Set<() => boolean>()
  metrics.readGauge({ name: 'graphql_streams_open', help: 'Subscriptions that are open in this process.' }, () => [
    { labels: {}, value: [...open].filter((isStream) => isStream()).length },
  ])
  return open
}
