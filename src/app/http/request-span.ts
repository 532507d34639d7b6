import type { IncomingMessage } from 'node:http'
import type { CurrentRequest } from '../../platform/watching/current-request.ts'
import { context, propagation, ROOT_CONTEXT, SpanKind, trace } from '../../platform/watching/opentelemetry.ts'
import { markFailed, tracer } from '../../platform/watching/tracing.ts'
import { isOurFault } from './request-metrics.ts'

export interface RequestSpan {
  /** What is done within is a part of it. */
  run<Result>(work: () => Promise<Result>): Promise<Result>
  /** Once the answer has left, or its client. */
  end(status: number | undefined): void
}

/**
 * Begins the span of a request: a part of the trace that the client names in `traceparent`. Nothing of who asks is in it
 * but the request's id, by which the log is found.
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
