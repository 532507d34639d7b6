import type { Metrics } from '../platform/metrics.ts'

export interface AnsweredRequest {
  /** One of our paths. */
  readonly route: string
  /** Undefined when the client left before the answer began. */
  readonly status: number | undefined
  /** The client's word for what it asked; undefined where nothing was asked that is GraphQL. */
  readonly operation: string | undefined
  readonly hasErrors: boolean
  readonly seconds: number
}

export type ObserveRequest = (request: AnsweredRequest) => void

/** Names are the client's to choose, so only those that are known get a number of their own. */
export function createRequestMetrics(metrics: Metrics, knownOperations: ReadonlySet<string>): ObserveRequest {
  const requests = metrics.duration(
    'http_request_duration_seconds',
    'GraphQL requests and webhooks from their arrival to their last byte; streams are not counted.',
    ['route', 'status'],
  )
  const operations = metrics.duration(
    'graphql_operation_duration_seconds',
    'GraphQL operations by name (of operations/*.graphql, else other) and outcome: ok, error or gone.',
    ['operation', 'outcome'],
  )
  return ({ route, status, operation, hasErrors, seconds }) => {
    requests.observe({ route, status: status === undefined ? 'gone' : String(status) }, seconds)
    if (operation === undefined) return
    const outcome = status === undefined ? 'gone' : hasErrors ? 'error' : 'ok'
    operations.observe({ operation: knownOperations.has(operation) ? operation : 'other', outcome }, seconds)
  }
}
