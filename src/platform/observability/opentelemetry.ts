import { createRequire } from 'node:module'

/**
 * OpenTelemetry's API, which does nothing until start-tracing.ts registers a provider. prom-client has already loaded this
 * build of it, so it adds 0.4 ms to a start; the build for `import` is 53 more files and 20 ms.
 */
export const { context, propagation, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } = createRequire(import.meta.url)(
  '@opentelemetry/api',
) as typeof import('@opentelemetry/api')
