import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import {
  loggingErrorHandler,
  parseKeyPairsIntoRecord,
  setGlobalErrorHandler,
  W3CTraceContextPropagator,
} from '@opentelemetry/core'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { resourceFromAttributes } from '@opentelemetry/resources'
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  type Sampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace'
import { withTimeout } from '../with-timeout.ts'
import type { Log } from './log.ts'
import { context, propagation, trace } from './opentelemetry.ts'
import type { TracingOptions } from './tracing.ts'

/** Later spans are dropped: a process has ten seconds for its whole shutdown. */
const exportMs = 3_000
const flushMs = 1_000
/** A span has about 2 KB, so at most about 4 MB wait for an unreachable collector. */
const maxWaiting = 2_048
const maxAttributeLength = 2_000
const warnEveryMs = 60_000

/**
 * Sends the spans of this process to the collector, in batches and without delaying requests. This module is loaded by a
 * dynamic import, and only where tracing is configured; all other code imports OpenTelemetry's API alone, which does
 * nothing. Disposing sends the spans that wait, for at most a second.
 */
export function startTracing(
  options: TracingOptions,
  { version, log }: { readonly version: string; readonly log: Log },
): AsyncDisposable {
  setGlobalErrorHandler(warnOncePerMinute(log))
  const exporter = new OTLPTraceExporter({ ...addressOf(options), timeoutMillis: exportMs })
  const provider = new TracerProvider({
    resource: resourceFromAttributes({
      'service.name': options.serviceName,
      'service.version': version,
      'deployment.environment.name': options.deployment,
    }),
    sampler: samplerOf(options),
    spanLimits: { attributeValueLengthLimit: maxAttributeLength, attributeCountLimit: 32, linkCountLimit: 4 },
    spanProcessors: [
      new BatchSpanProcessor({ exporter, maxQueueSize: maxWaiting, exportTimeoutMillis: exportMs + 500 }),
    ],
  })
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  propagation.setGlobalPropagator(new W3CTraceContextPropagator())
  trace.setGlobalTracerProvider(provider)
  return {
    async [Symbol.asyncDispose]() {
      await withTimeout(flushMs, provider.shutdown()).catch(() => undefined)
      trace.disable()
      propagation.disable()
      context.disable()
      setGlobalErrorHandler(loggingErrorHandler())
    },
  }
}

/** Sends an empty list of spans and returns the status of the collector's response. */
export async function pingCollector(options: TracingOptions): Promise<number> {
  const { url, headers } = addressOf(options)
  const response = await fetch(url, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: '{"resourceSpans":[]}',
    signal: AbortSignal.timeout(exportMs),
  })
  await response.body?.cancel()
  return response.status
}

function addressOf({ endpoint, headers }: TracingOptions) {
  return { url: `${endpoint}/v1/traces`, headers: parseKeyPairsIntoRecord(headers) }
}

/** The samplers that OTEL_TRACES_SAMPLER names. */
function samplerOf({ sampler, ratio }: TracingOptions): Sampler {
  const isParentBased = sampler.startsWith('parentbased_')
  const root = rootSamplerOf(sampler.replace('parentbased_', ''), ratio)
  return isParentBased ? new ParentBasedSampler({ root }) : root
}

function rootSamplerOf(name: string, ratio: number): Sampler {
  if (name === 'always_off') return new AlwaysOffSampler()
  return name === 'traceidratio' ? new TraceIdRatioBasedSampler(ratio) : new AlwaysOnSampler()
}

/** An unreachable collector causes an error every five seconds. */
function warnOncePerMinute(log: Log): (error: unknown) => void {
  let warned = Number.NEGATIVE_INFINITY
  return (error) => {
    if (performance.now() - warned < warnEveryMs) return
    warned = performance.now()
    log.warn({ err: error }, 'the trace collector accepts no spans; they are dropped, and requests continue')
  }
}
