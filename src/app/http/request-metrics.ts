import type { ServerResponse } from 'node:http'
import type { Metrics } from '../../platform/watching/metrics.ts'

export interface AnsweredRequest {
  /** One of our paths. */
  readonly route: string
  /** Undefined when the client left before the answer began. */
  readonly status: number | undefined
  /** The client's word for what it asked; undefined where nothing was asked that is GraphQL. */
  readonly operation: string | undefined
  /** Of the errors in the answer. */
  readonly codes: ReadonlySet<string>
  readonly seconds: number
}

/** Called when a request arrives; what it returns, when its answer has left. */
export type ObserveRequest = (response: ServerResponse) => (request: AnsweredRequest) => void

/** A mistake of ours, or the database is away. */
const ourFaults = ['INTERNAL_SERVER_ERROR', 'SERVICE_UNAVAILABLE']

/** Whether we failed to answer, by the answer's status or the codes of the errors in it. */
export function isOurFault(status: number | undefined, codes: ReadonlySet<string>): boolean {
  return (status ?? 0) >= 500 || ourFaults.some((code) => codes.has(code))
}

export interface KnownRequests {
  /** Our paths: failures of each begin at 0, for what is first seen at 500 has not grown, as Prometheus counts. */
  readonly routes: readonly string[]
  /** Operations' names are the client's to choose, so only these get a number of their own. */
  readonly operations: ReadonlySet<string>
}

/** Measures requests. The codes of errors are ours. */
export function createRequestMetrics(metrics: Metrics, known: KnownRequests): ObserveRequest {
  const requests = metrics.duration(
    'http_request_duration_seconds',
    'GraphQL requests and webhooks from their arrival to their last byte; streams are not counted.',
    ['route', 'status'],
  )
  const failed = metrics.counter(
    'http_requests_failed_total',
    'Those of them that we failed: 5xx, or INTERNAL_SERVER_ERROR or SERVICE_UNAVAILABLE among the errors of a 200.',
    ['route'],
  )
  for (const route of known.routes) failed.add({ route }, 0)
  const operations = metrics.duration(
    'graphql_operation_duration_seconds',
    'GraphQL operations by name (of operations/*.graphql, else other) and outcome: ok, error or gone.',
    ['operation', 'outcome'],
  )
  const errors = metrics.counter(
    'graphql_errors_total',
    'Answers to GraphQL requests, streams too, that had errors of this code; expected failures in payloads are none.',
    ['code'],
  )
  const isOpen = watchStreams(metrics)

  return (response) => {
    isOpen.add(response)
    return ({ route, status, operation, codes, seconds }) => {
      isOpen.delete(response)
      if (route === '/graphql') for (const code of codes) errors.add({ code })
      if (isStream(response)) return
      if (isOurFault(status, codes)) failed.add({ route })
      requests.observe({ route, status: status === undefined ? 'gone' : String(status) }, seconds)
      if (operation === undefined) return
      const outcome = status === undefined ? 'gone' : codes.size > 0 ? 'error' : 'ok'
      operations.observe({ operation: known.operations.has(operation) ? operation : 'other', outcome }, seconds)
    }
  }
}

/** Of the requests that are open, those whose answer has begun as a stream. */
function watchStreams(metrics: Metrics): Set<ServerResponse> {
  const open = new Set<ServerResponse>()
  metrics.readGauge({ name: 'graphql_streams_open', help: 'Subscriptions that are open in this process.' }, () => [
    { labels: {}, value: [...open].filter((response) => response.headersSent && isStream(response)).length },
  ])
  return open
}

/** How long a stream is open says how long somebody stayed. */
function isStream(response: ServerResponse): boolean {
  return String(response.getHeader('content-type')).startsWith('text/event-stream')
}
