import type { IncomingMessage } from 'node:http'
import type { CurrentRequest } from '../../platform/observability/current-request.ts'
import { context, propagation, ROOT_CONTEXT, SpanKind, trace } from '../../platform/observability/opentelemetry.ts'
import { markFailed, tracer } from '../../platform/observability/tracing.ts'
import { isOurFault } from './request-metrics.ts'

export interface RequestSpan {
  /** Runs the work within the span. */
  run<Result>(work: () => Result): Result
  /** Called when the response is sent or the client has disconnected. */
  end(status: number | undefined): void
}

/**
 * Begins the span of a request, as a child of the trace in `traceparent`. It holds nothing about the client but the
 * request id, which links it to the log.
 */
export function beginRequestSpan(
  { method, headers }: IncomingMessage,
  route: string,
  { id, codes }: CurrentRequest,
): RequestSpan {
  const from = propagation.extract(ROOT_CONTEXT, headers)
  const attributes = { 'http.request.method': method, 'http.route': route, 'pacer.request_id': id }
  const span = tracer().startSpan(`${method} ${route}`, { kind: SpanKind.SERVER, attributes }, from)
  return {
    run: (work) => context.with(trace.setSpan(from, span), work),
    end(status) {
      if (status !== undefined) span.setAttribute('http.response.status_code', status)
      if (codes.size > 0) span.setAttribute('pacer.error_codes', [...codes])
      if (isOurFault(status, codes)) markFailed(span, [...codes][0] ?? String(status))
      span.end()
    },
  }
}
