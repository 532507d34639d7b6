import type { Link } from '@opentelemetry/api'
import { context, propagation, ROOT_CONTEXT, SpanKind, trace } from '../observability/opentelemetry.ts'
import { inSpan } from '../observability/tracing.ts'

/** What is stored of a job's cause beside its payload, where tracing is on: W3C's traceparent. */
interface Cause {
  readonly traceparent: string
  /** A job that is due at once is a part of its cause's trace; one that is due later has a trace of its own, with a link. */
  readonly isPart: boolean
}

const key = '_cause'

/** The payload as it is stored in the queue. */
export function withCause<Payload>(payload: Payload, runAt?: Date): Payload {
  const carrier: { traceparent?: string } = {}
  propagation.inject(context.active(), carrier)
  if (!carrier.traceparent) return payload
  const cause: Cause = { traceparent: carrier.traceparent, isPart: runAt === undefined }
  return { ...payload, [key]: cause }
}

/** Runs one attempt of a job within a span, given the payload as it is stored in the queue. */
export async function inJobSpan<Payload>(
  { name, id, attempt }: { readonly name: string; readonly id: string; readonly attempt: number },
  queued: Payload,
  work: (payload: Payload) => Promise<void>,
): Promise<void> {
  const { cause, payload } = split(queued)
  const from = cause ? propagation.extract(ROOT_CONTEXT, cause) : ROOT_CONTEXT
  const linked = cause?.isPart ? undefined : trace.getSpanContext(from)
  const links: Link[] = linked ? [{ context: linked }] : []
  const attributes = {
    'messaging.system': 'graphile-worker',
    'messaging.destination.name': name,
    'messaging.message.id': id,
    'pacer.job.attempt': attempt,
  }
  const options = { kind: SpanKind.CONSUMER, attributes, links }
  await inSpan(`job ${name}`, options, () => work(payload), cause?.isPart ? from : ROOT_CONTEXT)
}

function split<Payload>(queued: Payload): { readonly cause: Cause | null; readonly payload: Payload } {
  if (typeof queued !== 'object' || queued === null || !(key in queued)) return { cause: null, payload: queued }
  const { [key]: cause, ...payload } = queued
  return { cause: cause as Cause, payload: payload as Payload }
}
