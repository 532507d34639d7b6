import { SpanKind, trace } from '../observability/opentelemetry.ts'
import { tracer } from '../observability/tracing.ts'
import type { Database } from './db.ts'

/** Creates a span for each statement within a request or a job: with its text, never its values. */
export function traceStatements(db: Database): void {
  db.onStatement(({ query, duration }) => {
    if (!trace.getActiveSpan()?.isRecording()) return
    const end = Date.now()
    const operation = operationOf(query)
    tracer()
      .startSpan(operation, {
        kind: SpanKind.CLIENT,
        startTime: end - duration,
        attributes: { 'db.system.name': 'postgresql', 'db.operation.name': operation, 'db.query.text': query },
      })
      .end(end)
  })
}

function operationOf(query: string): string {
  return (/[a-z]+/i.exec(query)?.[0] ?? 'SQL').toUpperCase()
}
