import type { Span, SpanOptions } from '@opentelemetry/api'
import { context, SpanStatusCode, trace } from './opentelemetry.ts'

/** Where spans go and which are kept; the names are OpenTelemetry's own. */
export interface TracingOptions {
  /** The collector: spans go to its /v1/traces, as JSON. */
  readonly endpoint: string
  /** key=value, comma-separated: what the collector wants to see. Secret. */
  readonly headers: string
  readonly serviceName: string
  readonly deployment: string
  readonly sampler: string
  readonly ratio: number
}

/** Without start-tracing.ts its spans are nothing, and cost nothing to speak of. Not kept: it would outlive its provider. */
export const tracer = () => trace.getTracer('pacer')

/** Does `work` within a span of that name, a part of the one that is open. Of a failure its name is told, never its words. */
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

/** @param type a name of ours or of a class: what an error says may be somebody's data. */
export function markFailed(span: Span, type: string): void {
  span.setAttribute('error.type', type)
  span.setStatus({ code: SpanStatusCode.ERROR })
}
