import { createRequire } from 'node:module'

/**
 * OpenTelemetry's API, which does nothing until start-tracing.ts gives it something to do. prom-client has loaded this
 * build of it already, so it costs a start 0.4 ms; the build for `import` is 53 files more, and 20 ms.
 */
export const { context, propagation, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } = createRequire(import.meta.url)(
  '@opentelemetry/api',
) as typeof import('@opentelemetry/api')
