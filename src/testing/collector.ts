import { json } from 'node:stream/consumers'
import { type FakeServer, startFakeServer } from './fake-server.ts'

/** The fields of a span in OTLP's JSON that tests read. */
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

/** A fake server for an OpenTelemetry trace collector. */
export interface Collector extends FakeServer {
  /** All received spans. */
  readonly spans: readonly CollectedSpan[]
  /** The headers of the last request. */
  readonly headers: Readonly<Record<string, unknown>>
}

/** Starts a fake trace collector. */
export async function startCollector(): Promise<Collector> {
  const spans: CollectedSpan[] = []
  const headers: Record<string, unknown> = {}
  const server = await startFakeServer(async (request) => {
    Object.assign(headers, request.headers)
    const { resourceSpans } = (await json(request).catch(() => ({ resourceSpans: [] }))) as Export
    spans.push(...resourceSpans.flatMap((each) => each.scopeSpans.flatMap((scope) => scope.spans)))
    return { status: 200, body: '{}' }
  }, '{}')
  return Object.assign(server, { spans, headers })
}
