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
import { within } from '../within.ts'
import type { Log } from './log.ts'
import { context, propagation, trace } from './opentelemetry.ts'
import type { TracingOptions } from './tracing.ts'

/** What the collector has not taken by then is dropped: a process that stops has ten seconds for everything. */
const exportMs = 3_000
const flushMs = 1_000
/** Of a span of some 2 KB, so at most some 4 MB wait for a collector that is away. */
const maxWaiting = 2_048
const maxAttributeLength = 2_000
const quietMs = 60_000

/**
 * From now on the spans of this process go to the collector, in batches, off the way of requests. Loaded by a dynamic
 * import where tracing is configured, and only there: OpenTelemetry's API alone, which all others import, does nothing.
 * Disposing of it sends what waits, for a second at most.
 */
export function startTracing(
  options: TracingOptions,
  { version, log }: { readonly version: string; readonly log: Log },
): AsyncDisposable {
  setGlobalErrorHandler(warnRarely(log))
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
      await within(flushMs, provider.shutdown()).catch(() => undefined)
      trace.disable()
      propagation.disable()
      context.disable()
      setGlobalErrorHandler(loggingErrorHandler())
    },
  }
}

/** The status with which the collector answers to no span at all. */
export async function greetCollector(options: TracingOptions): Promise<number> {
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

/** The names and meanings of OTEL_TRACES_SAMPLER. */
function samplerOf({ sampler, ratio }: TracingOptions): Sampler {
  const isParentBased = sampler.startsWith('parentbased_')
  const root = rootSamplerOf(sampler.replace('parentbased_', ''), ratio)
  return isParentBased ? new ParentBasedSampler({ root }) : root
}

function rootSamplerOf(name: string, ratio: number): Sampler {
  if (name === 'always_off') return new AlwaysOffSampler()
  return name === 'traceidratio' ? new TraceIdRatioBasedSampler(ratio) : new AlwaysOnSampler()
}

/** A collector that is away fails every five seconds. */
function warnRarely(log: Log): (error: unknown) => void {
  let warned = Number.NEGATIVE_INFINITY
  return (error) => {
    if (performance.now() - warned < quietMs) return
    warned = performance.now()
    log.warn({ err: error }, 'the collector of traces takes nothing; spans are dropped, requests go on')
  }
}
