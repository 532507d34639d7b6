import { json } from 'node:stream/consumers'
import { type StandIn, startStandIn } from './stand-in.ts'

/** A span as OTLP's JSON has it, as far as tests look. */
export interface CollectedSpan {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly kind: number
  readonly attributes: readonly { readonly key: string; readonly value: unknown }[]
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[]
  readonly status: { readonly code?: number }
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
}

interface Export {
  readonly resourceSpans: readonly {
    readonly scopeSpans: readonly { readonly spans: readonly CollectedSpan[] }[]
  }[]
}

/** Stands in for a collector of OpenTelemetry traces on loopback. */
export interface Collector extends StandIn {
  /** All that it has got. */
  readonly spans: readonly CollectedSpan[]
  /** The headers of its last request. */
  readonly headers: Readonly<Record<string, unknown>>
}

export async function startCollector(): Promise<Collector> {
  const spans: CollectedSpan[] = []
  const headers: Record<string, unknown> = {}
  const standIn = await startStandIn(async (request) => {
    Object.assign(headers, request.headers)
    const { resourceSpans } = (await json(request).catch(() => ({ resourceSpans: [] }))) as Export
    spans.push(...resourceSpans.flatMap((each) => each.scopeSpans.flatMap((scope) => scope.spans)))
    return { status: 200, body: '{}' }
  }, '{}')
  return Object.assign(standIn, { spans, headers })
}
