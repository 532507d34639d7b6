import type { Span, SpanOptions } from '@opentelemetry/api'
import { context, SpanStatusCode, trace } from './opentelemetry.ts'

/** Where spans are sent and which ones are sampled. The names are those of OpenTelemetry. */
export interface TracingOptions {
  /** The collector, which receives spans as JSON at /v1/traces. */
  readonly endpoint: string
  /** Headers that the collector requires: key=value, comma-separated. Secret. */
  readonly headers: string
  readonly serviceName: string
  readonly deployment: string
  readonly sampler: string
  readonly ratio: number
}

/** Without start-tracing.ts it makes no-op spans. It is read each time, because a kept tracer outlives its provider. */
export const tracer = () => trace.getTracer('pacer')

/** Runs `work` within a span of that name, a child of the open one. Of an error the span has the name, never the message. */
export async function inSpan<Result>(
  name: string,
  options: SpanOptions,
  work: () => Promise<Result>,
  parent = context.active(),
): Promise<Result> {
  const span = tracer().startSpan(name, options, parent)
  try {
    return await context.with(trace.setSpan(parent, span), work)
  } catch (error) {
    markFailed(span, error instanceof Error ? error.name : 'Error')
    throw error
  } finally {
    span.end()
  }
}

/** @param type an error code or the name of a class, never a message, which may contain personal data */
export function markFailed(span: Span, type: string): void {
  span.setAttribute('error.type', type)
  span.setStatus({ code: SpanStatusCode.ERROR })
}
