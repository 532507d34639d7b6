import { SpanKind, trace } from '../watching/opentelemetry.ts'
import { tracer } from '../watching/tracing.ts'
import type { Database } from './db.ts'

/** Makes a span of each statement that belongs to a request or a job: its text, never its values. */
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
